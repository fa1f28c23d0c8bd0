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
  readonly body?: JsonValue;
  readonly headers?: Record<string, string>;
}

/** A call that a workflow made. */
export interface OracleServiceCall {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: JsonValue;
}

/** What came of a case. */
export interface OracleOutcome {
  /** `NONE` where the input was refused. */
  readonly state: string;
  readonly workflowdata?: JsonValue;
  readonly calls?: readonly OracleServiceCall[];
}

/** A case that was recorded from a running SonataFlow: what it was given, and what came of it. */
export interface OracleCase {
  readonly definition: string;
  readonly input?: JsonObject;
  readonly stub?: Readonly<Record<string, readonly OracleAnswer[]>>;
  readonly events?: readonly {
    readonly manage?: string;
    readonly waitState?: string;
    readonly wait?: number;
  }[];
  readonly expect: OracleOutcome & {
    /** What SonataFlow's Data Index shows, where that is not the truth. */
    readonly dataIndex?: JsonValue;
  };
}

/** Definitions that need features which the embedded engine does not have: they leave this list as it gets them. */
export const excludedDefinitions: Readonly<Record<string, string>> = {
  'compensate.sw.yaml': 'compensation',
  'eventCorr.sw.yaml': 'events',
  'eventMerge.sw.yaml': 'events',
  'eventStart.sw.yaml': 'events',
  'eventTwo.sw.yaml': 'events',
  'eventWait.sw.yaml': 'events',
  'callbackState.sw.yaml': 'state type callback',
  'foreach.sw.yaml': 'state type foreach',
  'parallel.sw.yaml': 'state type parallel',
  'produce.sw.yaml': 'produceEvents',
  'restOpenapi.sw.yaml': 'functions by OpenAPI',
  'subParent.sw.yaml': 'subFlowRef',
  'subChild.sw.yaml': 'events',
  'switchEvent.sw.yaml': 'switch on events',
  'terminate.sw.yaml': 'state type parallel',
  'timeoutStates.sw.yaml': 'timeouts',
  'timeoutWorkflow.sw.yaml': 'timeouts',
};

const excludedCases: Readonly<Record<string, string>> = {
  '06-catch-code-event': 'state type event',
  '12-skip': 'skip, which WorkflowEngine does not have',
};

/** Definitions that differ from the recorded ones only in that a function by OpenAPI is one of custom:rest, or what is refused is left out. */
export const variants: readonly string[] = readdirSync(
  path.join(oracleFixtures, 'variants'),
);

/** The case of a name. */
export function readCase(name: string): OracleCase {
  return JSON.parse(
    readFileSync(path.join(oracleFixtures, 'cases', `${name}.json`), 'utf8'),
  );
}

/** The cases of the features that the embedded engine has, which every engine is measured by. */
export function oracleCases(): { name: string; recorded: OracleCase }[] {
  return readdirSync(path.join(oracleFixtures, 'cases'))
    .map(file => file.replace(/\.json$/, ''))
    .map(name => ({ name, recorded: readCase(name) }))
    .filter(
      ({ name, recorded }) =>
        excludedDefinitions[recorded.definition] === undefined &&
        excludedCases[name] === undefined,
    );
}
