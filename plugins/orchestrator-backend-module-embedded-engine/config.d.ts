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
        egress?: string[];
        /** What the engine should know of functions, by their names. */
        functions?: {
          [name: string]: {
            /** Below which address the path of a `rest:` function without a host stands. */
            baseUrl: string;
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
         * How carefully SQLite writes. `normal` (the default) loses nothing when the process dies, `full` nothing when the machine does.
         */
        synchronous?: 'normal' | 'full';
        limits?: {
          /** Characters of JSON that the data of a run may have; 1000000 by default. */
          stateLength?: number;
          /** States and actions that a run may begin; 10000 by default. */
          stepsPerRun?: number;
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
          /** Log lines that are kept of a run; 1000 by default. */
          logLines?: number;
          /** Characters of a log line; 4000 by default. */
          logLineLength?: number;
          /** Bytes of a definition; 2097152 by default. */
          definitionBytes?: number;
        };
      };
    };
  };
}
