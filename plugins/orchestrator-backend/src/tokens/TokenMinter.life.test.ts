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
import { MINTED_AT } from './__testUtils__/someTokens';
import {
  callerAccess,
  codeOf,
  createTokenFixture,
  faultsOf,
} from './__testUtils__/tokenFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const setup = async (config: object = {}) =>
  createTokenFixture(await databases.init('SQLITE_3'), { config });

const DAY = 24 * 60 * 60 * 1_000;
const iso = (time: number) => new Date(time).toISOString();

describe('the life of a new token', () => {
  it('is what is asked for, from a minute to the maximum', async () => {
    const { mint } = await setup({
      maxExpiry: { days: 30 },
      defaultExpiry: { days: 7 },
      kinds: { personal: { maxExpiry: { days: 2 } } },
    });
    const groups = ['group:default/a'];
    const ask = async (more: object, kind: 'group' | 'personal' = 'group') => {
      const owner = kind === 'group' ? groups[0] : undefined;
      const { token } = await mint(callerAccess({ groups }), {
        name: JSON.stringify(more),
        kind,
        owner,
        ...more,
      });
      return Date.parse(token.expiresAt!) - MINTED_AT;
    };
    expect(await ask({})).toBe(7 * DAY);
    expect(await ask({}, 'personal')).toBe(2 * DAY);
    expect(await ask({ expiresInSeconds: 60 })).toBe(60_000);
    expect(await ask({ expiresInSeconds: 30 * 86_400 })).toBe(30 * DAY);
    expect(await ask({ expiresAt: iso(MINTED_AT + 60_000) })).toBe(60_000);
    expect(await ask({ expiresAt: '2026-01-01T12:00+02:00' })).toBe(
      10 * 60 * 60_000,
    );
    expect(await ask({ expiresAt: iso(MINTED_AT + 30 * DAY) })).toBe(30 * DAY);
  });

  it.each<[{ expiresAt?: string; expiresInSeconds?: number }, string]>([
    [{ expiresInSeconds: 365 * 86_400 + 1 }, 'must be at most 31536000'],
    [{ expiresInSeconds: 1e300 }, 'must be at most 31536000'],
    [
      { expiresAt: iso(MINTED_AT + 365 * DAY + 1) },
      'must be at most 31536000 seconds from now',
    ],
    [
      { expiresAt: iso(MINTED_AT + 59_999) },
      'must be at least 60 seconds from now',
    ],
    [
      { expiresAt: '2020-01-01T00:00:00Z' },
      'must be at least 60 seconds from now',
    ],
    [
      { expiresAt: '2026-02-01T00:00:00Z', expiresInSeconds: 60 },
      'cannot stand beside expiresInSeconds',
    ],
    ...[
      '2026-02-01T00:00:00',
      '2026-02-01',
      '2026-02-31T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-02-01T25:00:00Z',
      'tomorrow',
      '1780000000',
      'Sun, 01 Feb 2026 00:00:00 GMT',
    ].map(
      expiresAt =>
        [{ expiresAt }, 'must be ISO 8601 with a time zone'] as [
          { expiresAt: string },
          string,
        ],
    ),
  ])('is refused as %j', async (more, message) => {
    const { mint } = await setup();
    const key = more.expiresAt ? 'expiresAt' : 'expiresInSeconds';
    expect(await faultsOf(mint(callerAccess(), more))).toEqual([
      `body/${key} ${message}`,
    ]);
  });

  it('ends with that of the token that mints', async () => {
    const { mint } = await setup();
    const by = (life: number) =>
      callerAccess({
        tokenId: 'aaaaaaaaaaaa',
        kind: 'personal',
        expiresAt: MINTED_AT + life,
      });
    const { token } = await mint(by(DAY));
    expect(token.expiresAt).toBe(iso(MINTED_AT + DAY));
    expect(await faultsOf(mint(by(DAY), { expiresInSeconds: 86_401 }))).toEqual(
      ['body/expiresInSeconds must be at most 86400'],
    );
    expect(
      await codeOf(mint(by(DAY), { name: 'x', expiresInSeconds: 86_400 })),
    ).toBe('ok');
    for (const life of [59_999, 0, -1_000]) {
      expect(await faultsOf(mint(by(life)))).toEqual([
        `body/expiresInSeconds must be at most ${Math.floor(
          life / 1_000,
        )}, since the token that mints ends then, and a token lives at least 60 seconds`,
      ]);
    }
  });
});

describe('the addresses of a new token', () => {
  const inside = callerAccess({ allowed: ['10.0.0.0/8', '2001:db8::/32'] });

  it('are inherited from the token that mints', async () => {
    const { mint } = await setup();
    expect((await mint(inside)).token.allowedCidrs).toEqual([
      '10.0.0.0/8',
      '2001:db8::/32',
    ]);
    expect(
      (await mint(callerAccess({ ref: 'user:default/bob' }))).token,
    ).not.toHaveProperty('allowedCidrs', expect.anything());
  });

  it('are never more than its own', async () => {
    const { mint } = await setup();
    const { token } = await mint(inside, { allowedCidrs: ['10.1.0.0/16'] });
    expect(token.allowedCidrs).toEqual(['10.1.0.0/16']);
    for (const allowedCidrs of [
      ['10.0.0.0/7'],
      ['10.1.0.0/16', '192.0.2.1'],
      ['::/0'],
    ]) {
      expect(await codeOf(mint(inside, { allowedCidrs }))).toBe(
        'auth.principal_not_allowed',
      );
    }
  });
});
