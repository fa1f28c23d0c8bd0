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

import type { Operation } from '../../gate/operations';
import type { Random } from './Random';
import { eventHeaders, eventBody } from './eventRequests';
import { asForm, TOKEN_QUERIES, tokenBody } from './tokenRequests';

/** One generated request. */
export interface GeneratedRequest {
  readonly method: string;
  readonly path: string;
  /** Names and values in turn, as they go over the wire. */
  readonly headers: readonly string[];
  readonly body?: Buffer;
}

const TEXTS = [
  '',
  'a',
  'ACTIVE',
  'start',
  '%',
  "'; DROP TABLE runs; --",
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u{1f600}',
  '__proto__',
  'constructor',
  '..',
  '../../etc/passwd',
  '2026-11-22T00:00:00Z',
  '2026-99-99',
  'user:default/alice',
  '1e309',
  'x'.repeat(300),
];

const NUMBERS = [
  0,
  -1,
  1,
  20,
  200,
  201,
  1.5,
  1e21,
  Number.MAX_SAFE_INTEGER,
  -0,
  2 ** 31,
  1e308,
];

const FIELDS = [
  'id',
  'processId',
  'processName',
  'state',
  'start',
  'end',
  'version',
  'workspace',
  'variables',
  'initiatorEntity',
  'targetEntity',
  'duration',
  'nope',
  '',
  '__proto__',
];

const OPERATORS = [
  'EQ',
  'GT',
  'GTE',
  'LT',
  'LTE',
  'IN',
  'IS_NULL',
  'LIKE',
  'BETWEEN',
  'XX',
  1,
];

function anyValue(random: Random, depth = 0): unknown {
  const kind = random.below(depth > 3 ? 5 : 8);
  switch (kind) {
    case 0:
      return random.of(TEXTS);
    case 1:
      return random.of(NUMBERS);
    case 2:
      return random.chance(0.5);
    case 3:
      return null;
    case 4:
      return random.of([
        'COMPLETED',
        'ERROR',
        '2020-01-01T00:00:00.000Z',
        'matrix',
      ]);
    case 5:
      return random.list(4, () => anyValue(random, depth + 1));
    default:
      return Object.fromEntries(
        random.list(4, () => [
          random.of([...TEXTS, ...FIELDS]),
          anyValue(random, depth + 1),
        ]),
      );
  }
}

function anyFilter(random: Random, depth = 0): unknown {
  const kind = random.below(depth > 4 ? 2 : 5);
  switch (kind) {
    case 0:
    case 1:
      return {
        field: random.of(FIELDS),
        operator: random.of(OPERATORS),
        value: random.chance(0.5) ? random.of(TEXTS) : anyValue(random, 3),
      };
    case 2:
      return {
        operator: random.of(['AND', 'OR', 'NOT', 'XOR']),
        filters: random.list(5, () => anyFilter(random, depth + 1)),
      };
    case 3:
      return {
        field: random.of(['variables', 'nope']),
        nested: {
          field: random.of(['initiatorEntity', 'targetEntity', 'x']),
          operator: random.of(OPERATORS),
          value: anyValue(random, 3),
        },
      };
    default:
      return anyValue(random);
  }
}

function likelyBody(random: Random, operation: Operation): unknown {
  if (operation.auditEvent?.startsWith('definition-')) {
    return {
      id: random.of(['matrix', 'fuzzed', '..', 'overview', 'a b', 7]),
      version: '1',
    };
  }
  switch (operation.id) {
    case 'executeWorkflow':
      return {
        inputData: random.chance(0.7)
          ? { name: random.of(TEXTS) }
          : anyValue(random),
        targetEntity: random.of([
          undefined,
          'component:default/x',
          anyValue(random),
        ]),
        authTokens: random.of([undefined, [], anyValue(random)]),
      };
    case 'receiveEvent':
      return eventBody(random, TEXTS, () => anyValue(random));
    case 'signalInstance':
      return {
        name: random.of(['go', 'more', ...TEXTS]),
        data: anyValue(random),
      };
    case 'getWorkflowsOverviewForEntity':
      return {
        targetEntity: random.of([
          undefined,
          'component:default/x',
          anyValue(random),
        ]),
        annotationWorkflowIds: random.of([
          undefined,
          ['matrix'],
          anyValue(random),
        ]),
      };
    default:
      return {
        filters: random.chance(0.6) ? anyFilter(random) : undefined,
        paginationInfo: random.chance(0.6)
          ? {
              pageSize: random.of([undefined, ...NUMBERS, 'x']),
              offset: random.of([undefined, ...NUMBERS]),
              orderBy: random.of([undefined, ...FIELDS, 7]),
              orderDirection: random.of([undefined, 'ASC', 'DESC', 'asc', 1]),
            }
          : undefined,
      };
  }
}

function anyBody(random: Random, operation: Operation): Buffer | undefined {
  switch (random.below(10)) {
    case 0:
      return undefined;
    case 1:
      return Buffer.from(random.list(200, () => random.below(256)));
    case 2:
      return Buffer.from(
        random.of([
          '{',
          '[]',
          'null',
          '"x"',
          '1',
          '{"a":1}}',
          '',
          '[[[[',
          '\u0000',
        ]),
      );
    case 3:
      return Buffer.from('['.repeat(50_000) + ']'.repeat(50_000));
    case 4:
      return Buffer.from(JSON.stringify(anyValue(random) ?? null));
    default:
      return Buffer.from(JSON.stringify(likelyBody(random, operation) ?? null));
  }
}

function anySegment(random: Random, likely: readonly string[]): string {
  if (random.chance(0.6)) return random.of(likely);
  return random.of([
    'unknown',
    'instances',
    'overview',
    '%2e%2e',
    '..%2f',
    '%00',
    '%ff',
    '%',
    '%zz',
    'a%20b',
    '%F0%9F%98%80',
    'x'.repeat(255),
    'x'.repeat(256),
    "';--",
    '__proto__',
    'constructor',
  ]);
}

/** Makes a request that may be valid or broken in any place. */
export function generateRequest(
  random: Random,
  operations: readonly Operation[],
  principals: readonly Readonly<Record<string, string>>[],
  known: {
    readonly workflowIds: readonly string[];
    readonly instanceIds: readonly string[];
    readonly tokenIds: readonly string[];
  },
): GeneratedRequest {
  const operation = random.of(operations);
  let path = operation.path
    .replace('{workflowId}', () => anySegment(random, known.workflowIds))
    .replace('{instanceId}', () => anySegment(random, known.instanceIds))
    .replace('{tokenId}', () => anySegment(random, known.tokenIds));
  if (random.chance(0.05))
    path += random.of(['/', '/x', '//', '/..', '%2f', ';x']);
  if (random.chance(0.2)) {
    path += `?${random.of([
      'instanceId=unknown',
      `instanceId=${random.of(known.instanceIds)}`,
      'instanceId=a&instanceId=b',
      'instanceId[x]=1',
      'access_token=x',
      'rawlog=1',
      '%zz',
      '__proto__[a]=1',
      'a=%00',
      '=',
      'after=1',
      'after=x',
      'after=%0a',
      'after=999999999999999999999',
      ...TOKEN_QUERIES,
    ])}`;
  }
  const headers: string[] = ['Host', 'localhost'];
  const credentials = random.of(principals);
  for (const [name, value] of Object.entries(credentials))
    headers.push(name, value);
  if (random.chance(0.03)) headers.push('Authorization', 'Bearer second');
  if (random.chance(0.1)) {
    headers.push(
      'Idempotency-Key',
      random.of(['k1', 'k2', '', ' ', 'x'.repeat(256), '\u00e9', 'a b']),
    );
  }
  if (operation.id === 'receiveEvent' && random.chance(0.7)) {
    headers.push(...eventHeaders(random));
  }
  if (random.chance(0.02)) {
    headers.push('Last-Event-ID', random.of(['1', 'x', '', '-1', '\u00e9']));
  }
  const takesForm = operation.body?.schemas.has(
    'application/x-www-form-urlencoded',
  );
  const fields = random.chance(0.8)
    ? tokenBody(random, operation.id)
    : undefined;
  const form = takesForm && fields ? asForm(random, fields) : undefined;
  let body: Buffer | undefined;
  if (form) {
    body = Buffer.from(form.text);
  } else if (fields) {
    body = Buffer.from(JSON.stringify(fields));
  } else if (operation.body || random.chance(0.05)) {
    body = anyBody(random, operation);
  }
  if (body) {
    if (random.chance(0.95)) {
      headers.push(
        'Content-Type',
        random.chance(0.85)
          ? form?.type ?? 'application/json'
          : random.of([
              'application/cloudevents+json',
              'application/cloudevents-batch+json',
              'application/yaml',
              'text/plain',
              'application/json; charset=latin1',
              'application/json; charset=utf-8',
              'multipart/form-data',
              ';',
              'application/x-www-form-urlencoded',
            ]),
      );
    }
    if (random.chance(0.03))
      headers.push('Content-Encoding', random.of(['gzip', 'br', 'x']));
    headers.push('Content-Length', String(body.length));
  }
  const method = random.chance(0.95)
    ? operation.method
    : random.of(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']);
  return { method, path: `/api/orchestrator${path}`, headers, body };
}
