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

import type { Random } from './Random';

const NAMES = [
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'dataschema',
  'datacontenttype',
  'data',
  'data_base64',
  'ticket',
  'kogitoprocrefid',
  'Bad-Name',
  '__proto__',
];

const VALUES = [
  '1.0',
  '0.3',
  'go',
  '/fuzz',
  'T-1',
  'application/json',
  'text/plain',
  '2026-11-22T00:00:00Z',
  '2026-13-99T00:00:00Z',
  '"quoted \\" value"',
  '%20',
  '%C0%A0',
  '%00',
  '%zz',
  '',
  'x'.repeat(2_000),
];

/** A CloudEvent in the structured mode that may be valid or broken. */
export function eventBody(
  random: Random,
  texts: readonly string[],
  anyValue: () => unknown,
): unknown {
  const event: Record<string, unknown> = {
    specversion: '1.0',
    id: `event-${random.below(50)}`,
    source: '/fuzz',
    type: 'go',
    ticket: random.of(['T-1', 'T-2']),
    data: anyValue(),
  };
  for (const name of random.list(3, () => random.of(NAMES))) {
    event[name] = random.chance(0.5) ? random.of(texts) : anyValue();
  }
  return event;
}

/** The headers of one in the binary mode, names and values in turn. */
export function eventHeaders(random: Random): string[] {
  const headers = [
    'ce-specversion',
    '1.0',
    'ce-id',
    `event-${random.below(50)}`,
    'ce-source',
    '/fuzz',
    'ce-type',
    'go',
  ];
  for (const name of random.list(3, () => random.of(NAMES))) {
    headers.push(`ce-${name}`, random.of(VALUES));
  }
  return headers;
}
