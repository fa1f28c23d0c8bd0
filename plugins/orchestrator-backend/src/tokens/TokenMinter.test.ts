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

import { TestDatabases } from '@backstage/backend-test-utils';
import { parseOrchestratorToken } from '@flowgate/backstage-plugin-orchestrator-common';
import { createHash } from 'node:crypto';
import { OrchestratorError } from '../errors/OrchestratorError';
import { MINTED_AT } from './__testUtils__/someTokens';
import {
  callerAccess,
  codeOf,
  createTokenFixture,
  grant,
  USER_SCOPES,
} from './__testUtils__/tokenFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const setup = async () => createTokenFixture(await databases.init('SQLITE_3'));

const DAY = 24 * 60 * 60 * 1_000;
const iso = (time: number) => new Date(time).toISOString();

describe('a new token', () => {
  it('is shown with its secret once, of which a hash is stored', async () => {
    const { mint, stored, audit, recorded } = await setup();
    const created = await mint(callerAccess(), { description: 'For the CI' });
    const { token, secret } = created;
    expect(parseOrchestratorToken(secret)).toMatchObject({
      kind: 'personal',
      id: token.id,
    });
    expect(token).toEqual({
      id: token.id,
      kind: 'personal',
      name: 'CI',
      description: 'For the CI',
      owner: 'user:default/alice',
      createdBy: 'user:default/alice',
      createdAt: iso(MINTED_AT),
      scopes: ['workflows:read'],
      workspaces: 'all',
      expiresAt: iso(MINTED_AT + 90 * DAY),
      status: 'active',
      useCount: 0,
      hint: `orch_pat_…${secret.slice(-4)}`,
    });
    expect((await stored(created)).secrets).toMatchObject([
      { hash: createHash('sha256').update(secret, 'ascii').digest('hex') },
    ]);
    const rows = await recorded();
    expect(rows).toMatchObject([
      { event: 'token.created', token_id: token.id },
    ]);
    expect(audit.events).toMatchObject([
      { eventId: 'create-token', outcome: 'succeeded' },
    ]);
    expect(JSON.stringify([rows, audit.events])).not.toContain(secret);
  });

  it('is not made for calls on behalf of somebody', async () => {
    const { mint } = await setup();
    const refuses = new OrchestratorError(
      'auth.principal_not_allowed',
      'On behalf',
    );
    expect(await codeOf(mint(callerAccess({ refuses })))).toBe(
      'auth.principal_not_allowed',
    );
  });

  it('has a name that no live token of its owner has', async () => {
    const { mint, time, revoker } = await setup();
    const { token } = await mint();
    expect(await codeOf(mint())).toBe('token.conflict');
    const bob = callerAccess({ ref: 'user:default/bob' });
    expect(await codeOf(mint(bob))).toBe('ok');
    await revoker.revoke(callerAccess(), token.id);
    expect(await codeOf(mint())).toBe('ok');
    time.now += 90 * DAY;
    expect(await codeOf(mint())).toBe('ok');
  });

  it('does not keep secrets that somebody pasted into what it is called', async () => {
    const { mint } = await setup();
    const { secret } = await mint();
    const { token } = await mint(callerAccess(), {
      name: 'Other',
      description: `the next of ${secret}.`,
    });
    expect(token.description).toBe(
      `the next of orch_pat_…${secret.slice(-4)}.`,
    );
  });

  it('is refused to callers whose subject no database finds again', async () => {
    const { mint } = await setup();
    const caller = (ref: string) =>
      callerAccess({ type: 'external', ref, grants: [grant(USER_SCOPES)] });
    const trigger = {
      kind: 'trigger' as const,
      scopes: undefined,
      workflowId: 'report',
    };
    for (const subject of ['a\0b', 'a'.repeat(1_000), 'a\ud800b']) {
      expect(await codeOf(mint(caller(`external:${subject}`), trigger))).toBe(
        'auth.principal_not_allowed',
      );
    }
    expect(await codeOf(mint(caller('external:ci'), trigger))).toBe('ok');
  });
});
