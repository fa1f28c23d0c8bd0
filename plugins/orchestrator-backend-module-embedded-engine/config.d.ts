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

export interface Config {
  orchestrator?: {
    engines?: {
      /** The workflow engine that runs inside the backend. */
      embedded?: {
        /** Whether the engine is there at all; true by default. */
        enabled?: boolean;
        /**
         * Folders with definitions (`.sw.yaml`, `.sw.yml`, `.sw.json`), relative to the working directory of the process.
         */
        definitions?: Array<
          | string
          | {
              folder: string;
              /** The workspace of definitions that name none. */
              workspace?: string;
            }
        >;
        /**
         * Where functions may call: origins, each with a path prefix or without. Nothing by default.
         */
        egress?: Array<
          | string
          | {
              url: string;
              /**
               * Ranges of addresses that are not public and that its host may have, such as `10.0.0.0/8`. Without them, a host that
               * is a name of the public DNS must have public addresses.
               */
              addresses?: string[];
            }
        >;
        /** What the engine should know of functions, by their names. */
        functions?: {
          [name: string]: {
            /** Below which address the path of a `rest:` function without a host stands. */
            baseUrl: string;
          };
        };
        /** What the engine should know of OpenAPI documents, by their file names without extension. */
        openapi?: {
          [document: string]: {
            /** Below which address its paths stand, whatever its servers say. */
            baseUrl?: string;
            /** By the names of its security schemes; values are names of `secrets`. */
            auth?: {
              [scheme: string]:
                | { token: string }
                | { username: string; password: string }
                | { apiKey: string }
                | {
                    clientId: string;
                    clientSecret: string;
                    tokenUrl?: string;
                    scopes?: string[];
                  }
                | {
                    /** Whose token is sent, of those that whoever starts a run gives along. */
                    provider: string;
                    header?: string;
                  };
            };
          };
        };
        /** Secrets for `$SECRET`. */
        secrets?: {
          [name: string]: {
            /** @visibility secret */
            value: string;
            /** The workflows that may read it: `workspace/workflowId`, or `workflowId` for one of the workspace `default`. */
            workflows: string[];
          };
        };
        /**
         * Encrypts the tokens that are given along with runs; 16 characters at least. Without it they live in memory only, and are lost
         * with a restart.
         * @visibility secret
         */
        secretKey?: string;
        events?: {
          /** The address to which events that runs produce are sent as CloudEvents. */
          sink?: string;
          /** The pairs of workspaces of which one may reach the other by events, and start its workflows as sub-flows. */
          crossWorkspace?: Array<{ from: string; to: string }>;
        };
        /**
         * How carefully SQLite writes. `normal` (the default) loses nothing when the process dies, `full` nothing when the machine does.
         */
        synchronous?: 'normal' | 'full';
        limits?: {
          /** Characters of JSON that the data of a run may have; 1000000 by default. */
          stateLength?: number;
          /** States and actions that a run may begin; 10000 by default. */
          stepsPerRun?: number;
          /** Results of calls and events of its history that are recorded of a run; 10000 by default. */
          journalEntries?: number;
          /** Items of a foreach state; 10000 by default. */
          foreachItems?: number;
          /** Events that wait in the inbox of a run; 1000 by default. */
          eventsPerRun?: number;
          /** Events of a run that wait to be sent; 10000 by default. */
          producedPerRun?: number;
          /** Bytes of an event as JSON; 65536 by default. */
          eventBytes?: number;
          /** Runs of one workflow that one event may reach, and ten times as many in all; 1000 by default. */
          eventTargets?: number;
          /** Runs that may stand above a run: sub-flows, and runs that were started by events of runs; 20 by default. */
          depth?: number;
          /** Sub-flows that a run may start; 1000 by default. */
          childrenPerRun?: number;
          /** Runs that one start may lead to, by sub-flows and by events of runs; 10000 by default. */
          runsPerStart?: number;
          /** Milliseconds that the expressions of one step may take; 1000 by default. */
          jqMilliseconds?: number;
          /** Megabytes of memory for each process of expressions; 128 by default. */
          jqMegabytes?: number;
          /** Processes for expressions; 2 by default. */
          jqProcesses?: number;
          /** Bytes of an answer to a call; 1000000 by default. */
          responseBytes?: number;
          /** Milliseconds that a call may take; 30000 by default. */
          callMilliseconds?: number;
          /** Calls at one time; 50 by default. */
          concurrentCalls?: number;
          /** Log lines that are kept of a run, the last ones in its log and the first ones in its history; 1000 by default. */
          logLines?: number;
          /** Characters of a log line; 4000 by default. */
          logLineLength?: number;
          /** Bytes of a definition; 2097152 by default. */
          definitionBytes?: number;
          /** Bytes of an OpenAPI document; 2097152 by default. */
          openapiBytes?: number;
        };
      };
    };
  };
}
