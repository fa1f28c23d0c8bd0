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

import type { JsonObject, JsonValue } from '@backstage/types';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Where the recorded cases and their definitions are. */
export const oracleFixtures = path.join(
  __dirname,
  '..',
  '..',
  '__fixtures__',
  'oracle',
);

/** An answer that a case gives the services which workflows call. */
export interface OracleAnswer {
  readonly status?: number;
  /** A text is answered as plain text. */
  readonly body?: JsonValue;
  readonly headers?: Record<string, string>;
  readonly delayMs?: number;
}

/** A call that a workflow made. */
export interface OracleServiceCall {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: JsonValue;
  /** Those that the case shows. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An event that a workflow sent. */
export interface OracleEmitted {
  readonly mode: 'binary';
  readonly type: string;
  readonly source: string;
  readonly data?: JsonValue;
}

/** What came of one run. */
export interface OracleRun {
  /** `NONE` where the input was refused. */
  readonly state: string;
  readonly workflowdata?: JsonValue;
  /** Its error, as far as it is shown. */
  readonly error?: string;
  /** Where the runtime did not know the data any more, and only SonataFlow's Data Index told them. */
  readonly from?: 'dataIndex';
  /** What SonataFlow's Data Index shows, where that is not the truth. */
  readonly dataIndex?: JsonValue;
}

/** What came of a sub-flow. */
export interface OracleChild {
  readonly processId: string;
  readonly state: string;
  readonly workflowdata?: JsonValue;
}

/** What came of a case. */
export interface OracleOutcome extends OracleRun {
  readonly calls?: readonly OracleServiceCall[];
  readonly emitted?: readonly OracleEmitted[];
  /** Further runs of the case, in the order of their starts. */
  readonly others?: readonly OracleRun[];
  readonly children?: readonly OracleChild[];
}

/** An event that a case sends; what it does not name here is an extension attribute. */
export interface OracleEvent {
  readonly type: string;
  readonly source: string;
  readonly data?: JsonValue;
  readonly [attribute: string]: JsonValue | undefined;
}

/** One step of a case after its start. */
export interface OracleStep {
  readonly wait?: number;
  readonly waitState?: string;
  readonly start?: JsonObject;
  /** A start whose answer is not waited for. */
  readonly startAsync?: JsonObject;
  readonly send?: OracleEvent;
  readonly manage?: string;
  /** The step is for the sub-flow. */
  readonly child?: boolean;
}

/** A case that was recorded from a running SonataFlow: what it was given, and what came of it. */
export interface OracleCase {
  readonly definition: string;
  /** Absent where an event starts it. */
  readonly input?: JsonObject;
  readonly stub?: Readonly<Record<string, readonly OracleAnswer[]>>;
  readonly events?: readonly OracleStep[];
  /** How long was looked for what comes of it, in milliseconds. */
  readonly settleMs?: number;
  /** How long was looked after it had ended, in milliseconds. */
  readonly lateMs?: number;
  /** Whether sub-flows are looked at. */
  readonly children?: boolean;
  /** Names of the headers of calls that are looked at. */
  readonly showHeaders?: readonly string[];
  /** The order of calls is chance. */
  readonly callsUnordered?: boolean;
  /** What of the outcome is chance. */
  readonly ignore?: readonly (keyof OracleOutcome)[];
  readonly expect: OracleOutcome;
  /** What can come of it as well. */
  readonly expectAlso?: readonly OracleOutcome[];
}

/** Cases that are not replayed, and why. */
export const excludedCases: Readonly<Record<string, string>> = {
  '12-skip': 'skip, which WorkflowEngine does not have',
};

/** Definitions that differ from the recorded ones only in that what is refused is left out. */
export const variants: readonly string[] = readdirSync(
  path.join(oracleFixtures, 'variants'),
);

/** The case of a name. */
export function readCase(name: string): OracleCase {
  return JSON.parse(
    readFileSync(path.join(oracleFixtures, 'cases', `${name}.json`), 'utf8'),
  );
}

/** The cases that every engine is measured by. */
export function oracleCases(): { name: string; recorded: OracleCase }[] {
  return readdirSync(path.join(oracleFixtures, 'cases'))
    .map(file => file.replace(/\.json$/, ''))
    .filter(name => excludedCases[name] === undefined)
    .map(name => ({ name, recorded: readCase(name) }));
}

/**
 * Data that no one but the Data Index told, and that are others: it keeps what a run has removed, takes nothing into objects that it
 * knows already, and has nothing for empty data. In `07-par-merge` the same branches merge their objects, as the runtime itself says.
 */
const hiddenByIndex: Readonly<Record<string, JsonValue>> = {
  '07-par-all': {
    case: 'all',
    from: 'a',
    both: { a: 1, b: 2 },
    list: [1, 2],
  },
};

/**
 * The truth of what was recorded: where only the Data Index told the data, they are those of the event that the run sent at its end,
 * if it sent one.
 */
export function truthOf(name: string, outcome: OracleOutcome): OracleOutcome {
  const last = outcome.emitted?.find(({ type }) => type === 'oracle.final');
  return outcome.from === 'dataIndex'
    ? {
        ...outcome,
        workflowdata:
          last?.data ?? hiddenByIndex[name] ?? outcome.workflowdata ?? {},
      }
    : outcome;
}
