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
import type { OracleOutcome } from './oracleCases';

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

const retried = Array(3).fill({ method: 'GET', path: '/things/r' });

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
  '06-catch-all-code': { workflowdata: { k: 'k' } as JsonValue },
  '06-catch-code-runtime': { workflowdata: { case: 'runtime', k: 'k' } },
};

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
