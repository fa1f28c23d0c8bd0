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

import type { Config } from '@backstage/config';
import { KEY } from './key';

/**
 * The limits of the embedded engine.
 *
 * @public
 */
export interface EmbeddedEngineLimits {
  /** Characters of JSON that the data of a run may have. */
  readonly stateLength: number;
  /** States and actions that a run may begin until it is retriggered. */
  readonly stepsPerRun: number;
  /** Results of calls and events of its history that are recorded of a run. */
  readonly journalEntries: number;
  /** Items of a foreach state. */
  readonly foreachItems: number;
  /** Events that wait in the inbox of a run. */
  readonly eventsPerRun: number;
  /** Events of a run that wait to be sent. */
  readonly producedPerRun: number;
  /** Bytes of an event as JSON. */
  readonly eventBytes: number;
  /** Runs of one workflow that one event may reach; ten times as many in all. */
  readonly eventTargets: number;
  /** Runs that may stand above a run: sub-flows, and runs that were started by events of runs. */
  readonly depth: number;
  /** Sub-flows that a run may start. */
  readonly childrenPerRun: number;
  /** Runs that one start may lead to, by sub-flows and by events of runs. */
  readonly runsPerStart: number;
  /** Milliseconds that the expressions of one step may take. */
  readonly jqMilliseconds: number;
  /** Megabytes of memory for each process of the expressions. */
  readonly jqMegabytes: number;
  /** Processes for expressions. */
  readonly jqProcesses: number;
  /** Bytes of an answer to a call. */
  readonly responseBytes: number;
  /** Milliseconds that a call may take. */
  readonly callMilliseconds: number;
  /** Calls at one time in this process. */
  readonly concurrentCalls: number;
  /** Log lines that are kept of a run. */
  readonly logLines: number;
  /** Characters of a log line. */
  readonly logLineLength: number;
  /** Bytes of a definition. */
  readonly definitionBytes: number;
  /** Bytes of an OpenAPI document. */
  readonly openapiBytes: number;
}

/** Safe for a small machine. */
export const DEFAULT_LIMITS: EmbeddedEngineLimits = {
  stateLength: 1_000_000,
  stepsPerRun: 10_000,
  journalEntries: 10_000,
  foreachItems: 10_000,
  eventsPerRun: 1_000,
  producedPerRun: 10_000,
  eventBytes: 64 * 1024,
  eventTargets: 1_000,
  depth: 20,
  childrenPerRun: 1_000,
  runsPerStart: 10_000,
  jqMilliseconds: 1_000,
  jqMegabytes: 128,
  jqProcesses: 2,
  responseBytes: 1_000_000,
  callMilliseconds: 30_000,
  concurrentCalls: 50,
  logLines: 1_000,
  logLineLength: 4_000,
  definitionBytes: 2 * 1024 * 1024,
  openapiBytes: 2 * 1024 * 1024,
};

/** Timers of Node take no longer times. */
const MAX_LIMIT = 2 ** 31 - 1;

/**
 * Reads the limits; those that are not set have their defaults.
 *
 * @throws Error that names the key that is wrong
 */
export function readLimits(config: Config | undefined): EmbeddedEngineLimits {
  const limits = config?.getOptionalConfig('limits');
  const read: { [name: string]: number } = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(DEFAULT_LIMITS)) {
    const value = limits?.getOptionalNumber(name);
    if (value !== undefined) {
      if (!Number.isInteger(value) || value < 1 || value > MAX_LIMIT) {
        throw new Error(
          `${KEY}.limits.${name} must be a whole number from 1 to ${MAX_LIMIT}`,
        );
      }
      read[name] = value;
    }
  }
  return read as unknown as EmbeddedEngineLimits;
}
