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

const FORM = 'application/x-www-form-urlencoded';

/** What the bodies of the operations on tokens may hold: texts that fit, nearly fit, and do not. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  kind: [
    'personal',
    'personal',
    'trigger',
    'group',
    'service',
    'agent',
    'x',
    1,
  ],
  name: ['a', 'b', 'c d', ' ', '', '\u0000', 'x'.repeat(101), '\ud800', null],
  description: ['', 'what for', 'a\u0000b', 'x'.repeat(1_001), 7],
  scopes: [
    ['workflows:read'],
    ['workflows:execute:matrix', 'instances:read'],
    ['tokens:write'],
    ['workflows:fly'],
    ['workflows:execute:..'],
    [],
    ['workflows:read', 'workflows:read'],
    'workflows:read',
    [1],
  ],
  workspaces: [['default'], ['elsewhere'], [], ['\u0000'], ['__proto__'], 'x'],
  owner: [
    'group:default/team',
    'user:default/alice',
    'user:default/bob',
    '*',
    'token:x',
    'a\u0000',
    '',
    {},
  ],
  workflowId: ['matrix', 'other', 'unknown', '..', '', 5],
  expiresInSeconds: [60, 59, 86_400, 31_536_000, 1e308, 1.5, -1, '60'],
  expiresAt: [
    '2027-01-01T00:00:00Z',
    '2027-01-01',
    '1999-01-01T00:00:00Z',
    '+275760-09-13T00:00:00.001Z',
    'tomorrow',
    0,
  ],
  allowedCidrs: [
    ['127.0.0.0/8', '::1/128', '::ffff:127.0.0.0/104'],
    ['10.0.0.0/33'],
    ['x'],
    ['::/0', '0.0.0.0/0'],
    [],
    'x',
  ],
  overlapSeconds: [0, 300, 604_800, 604_801, -1, 0.5, '0'],
  reason: ['leaked', '', 'a\nb', '\u0000', 'x'.repeat(501), 1],
  dryRun: [true, true, true, 'true', null],
  workspace: ['default', '', '\u0000'],
  scope: ['workflows:read', 'instances:write:matrix', 'audit:read', 'x', ''],
  principal: [
    'user:default/alice',
    'plugin:x',
    'external:a b',
    'anonymous',
    'token:bootstrap',
    'group:default/team',
    '\u0000',
  ],
  tokenId: ['000000000000', 'bootstrap', '..', 'x'.repeat(300)],
  token: ['garbage', 'orch_pat_', '\u0000', 'x'.repeat(5_000)],
  token_type_hint: ['access_token', 'x'],
  nope: [1],
};

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  createToken: [
    'kind',
    'name',
    'description',
    'scopes',
    'workspaces',
    'owner',
    'workflowId',
    'expiresInSeconds',
    'expiresAt',
    'allowedCidrs',
  ],
  updateToken: ['name', 'description'],
  rotateToken: ['overlapSeconds', 'expiresInSeconds', 'scopes', 'workspaces'],
  revokeToken: ['reason'],
  revokeAllTokens: ['owner', 'kind', 'workspace', 'reason'],
  explain: ['scope', 'workflowId', 'principal', 'tokenId'],
  introspectToken: ['token', 'token_type_hint'],
  revokeTokenBySecret: ['token', 'token_type_hint'],
};

/** Fields without which nothing goes further than the schema. */
const USUAL: Readonly<Record<string, object>> = {
  createToken: { kind: 'personal', scopes: ['workflows:read'] },
  // Nobody would be left to go on if this were for real.
  revokeAllTokens: { dryRun: true, reason: 'to see' },
  explain: { scope: 'workflows:read' },
  introspectToken: { token: 'garbage' },
  revokeTokenBySecret: { token: 'garbage' },
};

/** Parameters of the operations on tokens and on the audit log. */
export const TOKEN_QUERIES: readonly string[] = [
  'limit=1',
  'limit=0',
  'limit=201',
  'limit=1e3',
  'cursor=x',
  'cursor=%00',
  'cursor=eyJ9',
  'status=active',
  'status=suspended&kind=personal',
  'status=x',
  'kind=group&owner=group:default/team',
  'owner=%00',
  'owner=%ED%A0%80',
  'from=2020-01-01T00:00:00Z&to=2030-01-01T00:00:00Z',
  'from=yesterday',
  'to=%2B275760-09-13T00:00:00.001Z',
  'event=run.started&outcome=succeeded',
  'outcome=x',
  'actor=%00',
  'tokenId=bootstrap',
  'actor=a&actor=b',
];

/** A body for an operation on tokens that may be valid or broken; undefined for other operations. */
export function tokenBody(
  random: Random,
  operationId: string,
): Record<string, unknown> | undefined {
  const fields = FIELDS[operationId];
  if (!fields) {
    return undefined;
  }
  const body: Record<string, unknown> = { ...USUAL[operationId] };
  if (operationId === 'createToken' && random.chance(0.7)) {
    body.name = `token-${random.below(1_000_000)}`;
  }
  for (const field of random.list(4, () => random.of([...fields, 'nope']))) {
    body[field] = random.of(VALUES[field]);
  }
  if (operationId === 'revokeAllTokens') body.dryRun = true;
  return body;
}

/** Writes a body as a form where the operation takes one. */
export function asForm(
  random: Random,
  body: Record<string, unknown>,
): { type: string; text: string } {
  const form = new URLSearchParams(
    Object.entries(body).map(([name, value]) => [name, String(value)]),
  );
  if (random.chance(0.1)) form.append('token', 'again');
  return {
    type: FORM,
    text: `${form}${random.of(['', '', '&', '&=', '&%zz'])}`,
  };
}
