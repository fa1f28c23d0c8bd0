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

/** What can be said for all Data Indexes, and again for each one. A block that is said again replaces the whole block. */
interface SonataFlowSettings {
  /**
   * Runs that started before this date take their owner from RHDH's `initiatorEntity` and are marked as adopted. Off by default:
   * workflows can write it. Never a date in the future.
   */
  adoptInitiatorBefore?: string;
  /** The workspace of definitions whose `metadata.workspace` names none; `default` by default. */
  workspace?: string;
  /** Of one request to a Data Index or a runtime, such as `{ seconds: 10 }`, the default. */
  timeout?: HumanDuration | string;
  /** Of a start; `{ seconds: 30 }` by default. */
  startTimeout?: HumanDuration | string;
  /** The most bytes of an answer; 10000000 by default. */
  maxResponseBytes?: number;
  /** Requests at one time to one runtime, and to a Data Index; 20 by default. */
  concurrency?: number;
  /** How far back the Data Index is asked for changes again; `{ seconds: 60 }` by default. */
  overlap?: HumanDuration | string;
  /** How we show ourselves to the Data Index, and whom we trust. */
  dataIndex?: SonataFlowClient;
  /** How we show ourselves to the workflow runtimes, and whom we trust. */
  runtimes?: SonataFlowClient & {
    /** The only hosts that are asked anything: names, or `*.` and a domain. All unless set; `auth` needs it. */
    hosts?: string[];
  };
  /** Events are sent to SonataFlow only where this is set. */
  events?: {
    /** Where CloudEvents go: the path of a runtime that takes them, or a broker before it. */
    url: string;
  };
  /**
   * Gives runtimes a short-lived Backstage token for each of the named plugins, on behalf of the user who starts the run, also when that
   * user retriggers it. Off by default.
   */
  forwardToken?: {
    plugins: string[];
    hosts: string[];
  };
  /** Gives runtimes the tokens that callers give along, as `X-Authorization-<Provider>`. Off by default. */
  authTokens?: {
    hosts: string[];
    /** The only providers whose tokens are passed on; all by default. */
    providers?: string[];
  };
}

interface SonataFlowClient {
  auth?: {
    /** @visibility secret */
    bearer: string;
  };
  tls?: {
    /** The authorities that are trusted in place of the usual ones; PEM. */
    ca?: string;
    /** The certificate that we show; PEM. */
    cert?: string;
    /**
     * Its key; PEM.
     * @visibility secret
     */
    key?: string;
    /** False trusts every certificate; true by default. */
    rejectUnauthorized?: boolean;
  };
}

export interface Config {
  orchestrator?: {
    /** The Data Index of the engine with the id `sonataflow`. */
    dataIndexService?: {
      /** Its address, without `/graphql`. */
      url: string;
    };
    /** SonataFlow as a workflow engine. */
    sonataflow?: SonataFlowSettings & {
      /** Further Data Indexes: each is an engine, whose id is the key. */
      dataIndexes?: {
        [id: string]: SonataFlowSettings & {
          /** Its address, without `/graphql`. */
          url: string;
        };
      };
    };
  };
}
