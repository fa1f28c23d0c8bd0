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

import { parseOrchestratorToken } from '@flowgate/backstage-plugin-orchestrator-common';
import crypto from 'node:crypto';
import { ALL } from '../grants/criteria';
import { AddressSlots } from '../limits/AddressSlots';
import {
  EXPIRES_AT,
  MINTED_AT,
  someSecret,
  someToken,
  textOf,
  unknownText,
  withOtherSecret,
} from './__testUtils__/someTokens';
import type { StoredSecret, StoredToken, TokenRecord } from './StoredToken';
import { TokenPrincipals } from './TokenPrincipals';
import { TokenRegistry } from './TokenRegistry';

const ALICE = 'user:default/alice';
const ORIGIN = { method: 'GET', path: '/v2/whoami', address: '192.0.2.1' };

function create(
  token: StoredToken = someToken(),
  secrets: readonly StoredSecret[] = [someSecret(token)],
) {
  const world = {
    now: MINTED_AT,
    isFresh: true,
    record: { token, secrets } as TokenRecord,
    asked: [] as string[],
    forget: () => {},
  };
  const registry = new TokenRegistry({
    records: {
      async find(id) {
        world.asked.push(id);
        return id === world.record.token.id ? world.record : undefined;
      },
    },
    feed: {
      isFresh: () => world.isFresh,
      onChanges(listener) {
        world.forget = () => listener(['*']);
        return () => {};
      },
    },
    slots: new AddressSlots(),
    metrics: { tokenLookup: () => {} },
  });
  const principals = new TokenPrincipals({ registry, now: () => world.now });
  const refusal = (text: string) =>
    principals.verify(text, ORIGIN).then(
      () => {
        throw new Error('It was let in');
      },
      ({ code, status, message }) => ({ code, status, message }),
    );
  return { principals, world, refusal };
}

const INVALID = {
  code: 'auth.invalid_token',
  status: 401,
  message: 'The token is not valid',
};

describe('TokenPrincipals', () => {
  it('recognises what begins as a managed token, and names it', () => {
    const { principals } = create();
    const text = textOf(someToken(), 1);
    expect(principals.recognises(text)).toBe(true);
    expect(principals.recognises('orch_anything')).toBe(true);
    expect(principals.recognises('eyJhbGciOi')).toBe(false);
    expect(principals.identityOf(text)).toBe('tokenNumber1');
    expect(principals.identityOf(`${text.slice(0, -1)}~`)).toBeUndefined();
  });

  it('says who calls with a token of a service', async () => {
    const decisions = new Map([['orchestrator.workflow', ALL]]);
    const token = someToken({ allowedCidrs: ['192.0.2.0/24'] });
    const secret = someSecret(token, { decisions });
    const { principals } = create(token, [secret]);
    const { principal, expiresAt } = await principals.verify(
      textOf(token, 1),
      ORIGIN,
    );
    expect(principal).toMatchObject({
      type: 'token',
      ref: 'token:tokenNumber1',
      tokenId: 'tokenNumber1',
      expiresAt: EXPIRES_AT,
      token: { kind: 'service', grants: secret.grants, decisions },
    });
    expect(principal.token?.owner).toBeUndefined();
    expect(principal.token?.allowed?.toJSON()).toEqual(['192.0.2.0/24']);
    expect(principal.actor).toBeUndefined();
    expect(expiresAt).toBe(EXPIRES_AT);
  });

  it('gives a personal token the ref of its owner, and no other kind', async () => {
    const snapshot = {
      refs: [ALICE],
      decisions: new Map(),
      takenAt: MINTED_AT,
    };
    const personal = someToken({ kind: 'personal', owner: ALICE });
    const { principals, world } = create(personal);
    world.record = { ...world.record, snapshot };
    const { principal } = await principals.verify(textOf(personal, 1), ORIGIN);
    expect(principal).toMatchObject({
      ref: ALICE,
      tokenId: personal.id,
      token: { kind: 'personal', owner: ALICE, snapshot },
    });
    for (const [kind, owner] of [
      ['group', 'group:default/platform'],
      ['trigger', ALICE],
    ] as const) {
      const token = someToken({ kind, owner });
      const other = await create(token).principals.verify(
        textOf(token, 1),
        ORIGIN,
      );
      expect(other.principal).toMatchObject({
        ref: `token:${token.id}`,
        token: { kind, owner },
      });
    }
  });

  it('refuses garbage without asking anybody', async () => {
    const { refusal, world } = create();
    const text = textOf(someToken(), 1);
    for (const garbage of [
      'orch_',
      'orch_svc_',
      `${text}0`,
      text.slice(0, -1),
      text.replace('svc', 'pat'),
      text.replace('svc', 'SVC'),
      text.slice(0, -1) + (text.endsWith('0') ? '1' : '0'),
      `${text}\n`,
    ]) {
      expect(await refusal(garbage)).toEqual(INVALID);
    }
    expect(world.asked).toEqual([]);
  });

  it('refuses alike whom it does not know and who does not know the secret', async () => {
    const token = someToken();
    const { refusal, world } = create(token);
    const text = textOf(token, 1);
    expect(await refusal(unknownText())).toEqual(INVALID);
    expect(await refusal(withOtherSecret(text))).toEqual(INVALID);
    const { id, secret } = parseOrchestratorToken(text)!;
    const otherKind = textOf({ kind: 'group', id }, 1);
    expect(parseOrchestratorToken(otherKind)).toMatchObject({ id, secret });
    expect(await refusal(otherKind)).toEqual(INVALID);
    world.record = {
      ...world.record,
      token: { ...token, revokedAt: MINTED_AT },
    };
    world.now = EXPIRES_AT;
    world.forget();
    expect(await refusal(withOtherSecret(text))).toEqual(INVALID);
  });

  it('lets a secret in until the millisecond before it ends', async () => {
    const token = someToken();
    const { principals, refusal, world } = create(token);
    const text = textOf(token, 1);
    world.now = EXPIRES_AT - 1;
    expect(await principals.verify(text, ORIGIN)).toBeDefined();
    world.now = EXPIRES_AT;
    expect(await refusal(text)).toEqual({
      code: 'auth.token_expired',
      status: 401,
      message: 'The token has expired',
    });
  });

  it('lets both secrets in while they overlap, each to its own end', async () => {
    const token = someToken({ version: 2 });
    const overlapEnd = MINTED_AT + 300_000;
    const { principals, refusal, world } = create(token, [
      someSecret(token),
      someSecret(token, { version: 1, expiresAt: overlapEnd, grants: [] }),
    ]);
    world.now = overlapEnd - 1;
    const old = await principals.verify(textOf(token, 1), ORIGIN);
    expect(old.expiresAt).toBe(overlapEnd);
    expect(old.principal.token?.grants).toEqual([]);
    world.now = overlapEnd;
    expect(await refusal(textOf(token, 1))).toMatchObject({
      code: 'auth.token_expired',
    });
    const fresh = await principals.verify(textOf(token, 2), ORIGIN);
    expect(fresh.expiresAt).toBe(EXPIRES_AT);
    expect(fresh.principal.token?.grants).toHaveLength(1);
  });

  it('says that a token was revoked to who has the secret, also when it has expired', async () => {
    const token = someToken({ revokedAt: MINTED_AT });
    const { refusal, world } = create(token);
    const revoked = {
      code: 'auth.token_revoked',
      status: 401,
      message: 'The token was revoked',
    };
    expect(await refusal(textOf(token, 1))).toEqual(revoked);
    world.now = EXPIRES_AT;
    expect(await refusal(textOf(token, 1))).toEqual(revoked);
  });

  it('proves nothing any more once the token was forgotten or the feed is old', async () => {
    const token = someToken();
    const { principals, world } = create(token);
    const text = textOf(token, 1);
    const first = await principals.verify(text, ORIGIN);
    expect(first.isCurrent!()).toBe(true);
    world.isFresh = false;
    expect(first.isCurrent!()).toBe(false);
    world.isFresh = true;
    expect(first.isCurrent!()).toBe(true);
    world.forget();
    expect(first.isCurrent!()).toBe(false);
    world.record = { ...world.record };
    const second = await principals.verify(text, ORIGIN);
    expect(first.isCurrent!()).toBe(false);
    expect(second.isCurrent!()).toBe(true);
  });

  it('asks the database again when it is to be proved anew', async () => {
    const token = someToken();
    const { principals, world } = create(token);
    const verified = await principals.verify(textOf(token, 1), ORIGIN);
    expect(world.asked).toHaveLength(1);
    expect(await verified.reload!()).toMatchObject({
      principal: verified.principal,
    });
    expect(world.asked).toHaveLength(2);
    world.record = { ...world.record, token: { ...token, revokedAt: 1 } };
    await expect(verified.reload!()).rejects.toMatchObject({
      code: 'auth.token_revoked',
    });
  });

  it('compares with every secret in constant time, whichever matches', async () => {
    const token = someToken({ version: 3 });
    const { principals, refusal } = create(
      token,
      [3, 2, 1].map(version => someSecret(token, { version })),
    );
    const compare = jest.spyOn(crypto, 'timingSafeEqual');
    try {
      for (const version of [1, 2, 3]) {
        compare.mockClear();
        await principals.verify(textOf(token, version), ORIGIN);
        expect(compare).toHaveBeenCalledTimes(3);
      }
      compare.mockClear();
      await refusal(withOtherSecret(textOf(token, 1)));
      expect(compare).toHaveBeenCalledTimes(3);
    } finally {
      compare.mockRestore();
    }
  });

  it('works a principal out once for a record and a secret', async () => {
    const token = someToken({ version: 2 });
    const { principals, world } = create(token, [
      someSecret(token),
      someSecret(token, { version: 1 }),
    ]);
    const [one, same, other] = await Promise.all(
      [2, 2, 1].map(version =>
        principals.verify(textOf(token, version), ORIGIN),
      ),
    );
    expect(one.principal).toBe(same.principal);
    expect(one.principal).not.toBe(other.principal);
    // By the newest secret.
    expect(principals.principalOf(world.record)).toBe(one.principal);
  });
});
