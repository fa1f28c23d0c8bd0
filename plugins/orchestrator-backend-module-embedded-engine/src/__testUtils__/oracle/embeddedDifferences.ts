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

import type { JsonValue } from '@backstage/types';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type OracleCase,
  type OracleEmitted,
  type OracleOutcome,
  type OracleServiceCall,
  truthOf,
} from './oracleCases';

/** What `$WORKFLOW` shows, with a header of the start request. */
function contextOf(header: string | null): Partial<OracleOutcome> {
  const out = {
    process: 'exprArgs',
    idType: 'string',
    nope: '$WORKFLOW.nope',
    keys: [],
    prev: null,
    input: 'context',
    headerLower: null,
    name: 'which strings are expressions',
    header,
    id: '<instance>',
  };
  return {
    workflowdata: {
      a: 'A',
      b: 'B',
      list: [1, 2],
      obj: { k: 'v' },
      case: 'context',
      out,
    },
    calls: [{ method: 'POST', path: '/echo', body: out }],
  };
}

/** The headers of whoever starts a run go nowhere, whatever the engine, so that no expression sees them. */
export const withoutStartHeaders: Readonly<
  Record<string, Partial<OracleOutcome>>
> = { '02-context': contextOf(null) };

const final = (workflow: string, data: JsonValue): OracleEmitted => ({
  mode: 'binary',
  type: 'oracle.final',
  source: `/process/${workflow}`,
  data,
});

/** What a run comes to that sends its data at its end. */
const sent = (
  workflow: string,
  workflowdata: JsonValue,
): Partial<OracleOutcome> => ({
  workflowdata,
  emitted: [final(workflow, workflowdata)],
});

const echo = (body: JsonValue): OracleServiceCall => ({
  method: 'POST',
  path: '/echo',
  body,
});

const asked = { asked: { ticket: 7 }, done: true };

const retried = Array(3).fill({ method: 'GET', path: '/things/r' });

/** Both engines abort what a run has started with it. */
export const withChildrenAborted: Readonly<
  Record<string, Partial<OracleOutcome>>
> = {
  '11-abort-parent': {
    children: [
      {
        processId: 'subChild',
        state: 'ABORTED',
        workflowdata: { case: 'plain', mode: 'wait' },
      },
    ],
  },
};

/** Where the embedded engine does what the definition says, though SonataFlow does otherwise; the README lists them. */
export const embeddedDifferences: Readonly<
  Record<string, Partial<OracleOutcome>>
> = {
  ...withoutStartHeaders,
  '02-secret': {
    workflowdata: {
      a: 'A',
      b: 'B',
      list: [1, 2],
      obj: { k: 'v' },
      case: 'secret',
      out: { joined: '<redacted>', secret: '<redacted>' },
    },
    calls: [
      {
        method: 'POST',
        path: '/echo',
        body: { joined: 'k-s3cr3t-value', secret: 's3cr3t-value' },
      },
    ],
  },
  '03-same-target-1': {
    workflowdata: { case: 'same-target', v: 1, took: 'one' },
  },
  '05-ref-2-failures': {
    workflowdata: { case: 'ref', got: { ok: 1 } },
    calls: retried,
  },
  '05-ref-9-failures': {
    workflowdata: { case: 'ref', caught: true },
    calls: retried,
  },
  '03-event-approved': sent('switchEvent', { took: 'approved', by: 'ann' }),
  '06-action': sent('timeoutStates', { case: 'action', caught: true }),
  '06-catch-all-code': { workflowdata: { k: 'k' } as JsonValue },
  '06-catch-code-runtime': { workflowdata: { case: 'runtime', k: 'k' } },
  '06-event': sent('timeoutStates', { case: 'event', normal: true }),
  '06-event-late': sent('timeoutStates', { case: 'event', normal: true }),
  '06-workflow': {
    workflowdata: {},
    error: 'The time of the run is over',
  },
  '07-par-atleast': {
    ...sent('parallel', {
      case: 'atleast',
      from: 'b',
      both: { b: 2 },
      list: [3],
      after: true,
    }),
    calls: [],
  },
  '07-par-fail-caught': {
    state: 'COMPLETED',
    workflowdata: { case: 'fail', caught: true, ok: { o: 1 } },
  },
  '08-before-wait': { workflowdata: { early: 1 } },
  '09-event-during-action': {
    others: [{ state: 'COMPLETED', workflowdata: { name: 'n2', ...asked } }],
    emitted: [
      final('callbackState', { name: 'n1', ...asked, answer: { early: true } }),
      final('callbackState', { name: 'n2', ...asked }),
    ],
  },
  '09-no-reference': sent('callbackState', { name: 'n1', ...asked }),
  '09-timeout': sent('callbackState', { name: 'n1', ...asked }),
  '10-none': {
    workflowdata: { case: 'none' },
    calls: [
      echo({ do: 'first' }),
      echo({ do: 'second' }),
      echo({ do: 'after', saw: [null, null] }),
    ],
  },
  ...withChildrenAborted,
  '11-async-wait': {
    state: 'COMPLETED',
    workflowdata: { mode: 'wait', case: 'async', after: true },
  },
  '11-fail-caught': {
    state: 'COMPLETED',
    workflowdata: { mode: 'fail', case: 'fail', caught: true },
  },
  '11-fail-uncaught': {
    state: 'ERROR',
    error: 'The sub-flow failed',
  },
  '11-version': {
    state: 'ERROR',
    workflowdata: { case: 'version' },
    error: 'The sub-flow has another version',
    children: [],
  },
  '12-plain-end-live': {
    workflowdata: {
      terminate: false,
      fast: { echo: { branch: 'fast' } },
      end: 'plain',
    },
    calls: [echo({ branch: 'fast' })],
  },
};

const got = (route: string): OracleServiceCall => ({
  method: 'GET',
  path: route,
});

/** What can come of cases as well, where chance decides: the answers of branches race, and a call is ended before it is sent. */
const alternatives: Readonly<
  Record<string, readonly Partial<OracleOutcome>[]>
> = {
  '07-par-fail-caught': [
    [got('/things/bad'), got('/things/ok')],
    [got('/things/bad')],
  ].map(calls => ({
    ...embeddedDifferences['07-par-fail-caught'],
    workflowdata: { case: 'fail', caught: true },
    calls,
  })),
};

/** Calls that go out side by side come in any order. */
const sideBySide = new Set(['07-each-rest']);

/** What may come of a case with the embedded engine. */
export function embeddedOutcomes(
  name: string,
  recorded: OracleCase,
): readonly OracleOutcome[] {
  return [embeddedDifferences[name], ...(alternatives[name] ?? [])].map(
    difference => ({ ...truthOf(name, recorded.expect), ...difference }),
  );
}

/** A case as it is for the embedded engine. */
export function embeddedCase(name: string, recorded: OracleCase): OracleCase {
  return sideBySide.has(name)
    ? { ...recorded, callsUnordered: true }
    : recorded;
}

/** The names in the last column of the table of differences in the README of the embedded engine. */
export function documentedDifferences(): string[] {
  const readme = readFileSync(
    path.join(__dirname, '..', '..', '..', 'README.md'),
    'utf8',
  );
  const section = readme.split('### Where it differs from SonataFlow')[1];
  return section
    .split('\n## ')[0]
    .split('\n')
    .filter(line => line.startsWith('| '))
    .flatMap(line => [...line.split('|')[3].matchAll(/`([^`]+)`/g)])
    .map(([, name]) => name);
}
