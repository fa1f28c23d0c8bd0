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
    };
  };
}
