/*
 * Copyright 2026 The Flowgate Authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

import type { HumanDuration } from '@backstage/types';

export interface Config {
  orchestrator?: {
    /**
     * The most bytes that the body of a request may have, as a number or a text such as "10mb". Default: 1 MiB, and 2 MiB for
     * definitions.
     * @visibility backend
     */
    contentLengthLimit?: number | string;

    database?: {
      /**
       * How SQLite makes a commit durable: NORMAL survives a crash of the process, FULL one of the machine too. Default: NORMAL.
       * @visibility backend
       */
      synchronous?: 'NORMAL' | 'FULL';
    };

    instances?: {
      /**
       * For how long a run is kept after it has completed or was aborted, with its data, log and events; at least 24 hours. Statistics
       * go on counting it. It holds for engines that delete runs, as the embedded one does. Absent: runs are kept for ever.
       * @visibility backend
       */
      retention?: HumanDuration | string;
    };

    audit?: {
      /**
       * For how long the audit log keeps a row; at least one day. Default: 365 days.
       * @visibility backend
       */
      retention?: HumanDuration | string;
    };

    /** Who may do what. */
    auth?: {
      /**
       * Whether a caller must present a credential. In mode optional, a caller without one holds what grants with
       * `match: { anonymous: true }` give; in mode disabled, everything but definitions and the runs of others. A credential
       * that is presented must verify in every mode. Default: required.
       * @visibility backend
       */
      mode?: 'required' | 'optional' | 'disabled';
      /**
       * Refs of users and groups that hold every scope in every workspace, as far as the permission policy allows.
       * @visibility backend
       */
      admins?: string[];
      /**
       * Whether the built-in defaults hold for whom no grant matches. Default: true.
       * @visibility backend
       */
      defaults?: boolean;
      /**
       * What may be done through a plugin on behalf of users, by plugin id. A plugin that is not listed has no cap.
       */
      actors?: {
        [pluginId: string]: {
          /** @visibility backend */
          scopes: string[];
        };
      };
      /**
       * Grants by name. Those that match a caller add up, and take the place of the built-in defaults.
       */
      grants?: {
        [name: string]: {
          /** What the caller must be; everything that is given must hold. */
          match: {
            /**
             * The entity ref of a user.
             * @visibility backend
             */
            user?: string;
            /**
             * The entity ref of a group that the user belongs to.
             * @visibility backend
             */
            group?: string;
            /**
             * The id of a plugin that calls for itself.
             * @visibility backend
             */
            plugin?: string;
            /**
             * The subject of an external caller, as Backstage gives it.
             * @visibility backend
             */
            external?: string;
            /**
             * Callers without a credential, in mode optional.
             * @visibility backend
             */
            anonymous?: true;
            /**
             * An expression of the Common Expression Language over `principal`, with the fields type, ref, actor, groups,
             * email and claims.
             * @visibility backend
             */
            expression?: string;
          };
          /**
           * Scopes, each plain or narrowed to one workflow: `workflows:execute:nightly`.
           * @visibility backend
           */
          scopes: string[];
          /**
           * The workspaces in which the scopes hold; all where absent, none where empty.
           * @visibility backend
           */
          workspaces?: string[];
        };
      };
      /**
       * The one public host on which mode disabled, or a disabled default auth policy of Backstage, is accepted.
       * @visibility backend
       */
      allowInsecureHost?: string;
      /**
       * For how long a credential that verified is remembered; at most, and by default, 60 seconds.
       * @visibility backend
       */
      rememberCredentials?: HumanDuration | string;
      /**
       * For how long decisions of the permission policy and memberships are remembered; at most, and by default, 5 seconds.
       * Zero asks on every request.
       * @visibility backend
       */
      rememberPolicy?: HumanDuration | string;

      /** The managed tokens that the plugin issues. */
      tokens?: {
        /**
         * How long a token lives where its creation does not say. Default: 90 days.
         * @visibility backend
         */
        defaultExpiry?: HumanDuration | string;
        /**
         * The longest life of a token. Default: 365 days.
         * @visibility backend
         */
        maxExpiry?: HumanDuration | string;
        /** The same for one kind of token: service, personal, group, trigger, agent. */
        kinds?: {
          [kind: string]: {
            /** @visibility backend */
            defaultExpiry?: HumanDuration | string;
            /** @visibility backend */
            maxExpiry?: HumanDuration | string;
          };
        };
        /**
         * How long tokens are kept that are expired or revoked. Default: 30 days.
         * @visibility backend
         */
        retention?: HumanDuration | string;
        /**
         * For how long a personal token works after its owner was last seen in the portal; only where the permission framework
         * is on. Default: 14 days.
         * @visibility backend
         */
        policyMaxAge?: HumanDuration | string;
      };

      /** How many credentials that do not verify are answered with 401 before it is 429. */
      rateLimit?: {
        /** By the address of the client; IPv6 by /64. */
        ip?: {
          /**
           * 0 for no limit, at most 1000. Default: 20.
           * @visibility backend
           */
          failures?: number;
          /**
           * Default: 60 seconds.
           * @visibility backend
           */
          window?: HumanDuration | string;
        };
        /** By the id of the managed token. */
        identity?: {
          /**
           * 0 for no limit, at most 1000. Default: 10.
           * @visibility backend
           */
          failures?: number;
          /**
           * Default: 60 seconds.
           * @visibility backend
           */
          window?: HumanDuration | string;
        };
      };

      /** A token for the first steps, which the permission policy is not asked for. */
      bootstrap?: {
        /**
         * The token, at least 32 characters; or tokenSha256.
         * @visibility secret
         */
        token?: string;
        /**
         * SHA-256 of the token, in hex.
         * @visibility secret
         */
        tokenSha256?: string;
        /** @visibility backend */
        scopes: string[];
        /**
         * When it ends: ISO 8601 with a time zone, or seconds or milliseconds since the epoch. It never does where this is absent.
         * @visibility backend
         */
        expiresAt?: string | number;
      };
    };
  };
}
