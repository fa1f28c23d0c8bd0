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
import { createIndexDatabase } from '../workflows/__testUtils__/workflowFixture';
import {
  MINTED_AT,
  someSecret,
  someToken,
} from '../tokens/__testUtils__/someTokens';
import { codeOf } from '../tokens/__testUtils__/tokenFixture';
import type { StoredToken } from '../tokens/StoredToken';
import { AuditStore } from './AuditStore';
import { TokenChangeStore } from './TokenChangeStore';
import { toTokenRow } from './tokenRows';
import { TokenStore } from './TokenStore';
import { TokenSweeps } from './TokenSweeps';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const AT = MINTED_AT + 60_000;
const BY = { by: 'user:default/alice', reason: 'leaked' };
const PARENT = 'groupToken00';
const OWNED = { owner: `token:${PARENT}`, kind: 'trigger' as const };
const entry = {
  event: 'token.revoked' as const,
  tokenId: PARENT,
  outcome: 'succeeded' as const,
  meta: { reason: 'leaked' },
};

describe('tokens that a token minted', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function setup() {
      const knex = await databases.init(databaseId);
      const database = await createIndexDatabase(knex);
      const changes = new TokenChangeStore(database);
      const announced: string[] = [];
      changes.onAnnounced(subjects => announced.push(...subjects));
      const stores = { database, changes, audit: new AuditStore() };
      const store = new TokenStore(stores);
      const sweeps = new TokenSweeps(stores);
      const create = async (
        id: string,
        more: Partial<StoredToken> = {},
        minterId?: string,
      ) => {
        const token = someToken({ id, name: id, ...more });
        const secret = someSecret(token, { expiresAt: token.expiresAt });
        const minted = { ...entry, event: 'token.created' as const };
        await store.create(token, secret, minted, minterId);
      };
      const live = async (): Promise<string[]> =>
        knex('orchestrator_tokens')
          .whereNull('revoked_at')
          .where('expires_at', '>', AT)
          .orderBy('id')
          .pluck('id');
      const recorded = async () =>
        (await knex('orchestrator_audit').where({ event: 'token.revoked' }))
          .map(({ token_id: id, meta }) => [id, JSON.parse(meta)])
          .sort();
      await create(PARENT, { kind: 'group', owner: 'group:default/team' });
      return { store, sweeps, create, live, recorded, announced, knex };
    }

    it('end with it, each with a row of the audit log', async () => {
      const { store, create, live, recorded, announced } = await setup();
      await create('aTrigger0001', OWNED, PARENT);
      await create('aTrigger0002', OWNED, PARENT);
      await create('aTrigger0003', { ...OWNED, expiresAt: AT });
      await create('another00001', { ...OWNED, owner: 'token:anotherToken' });
      await create('another00002', { owner: 'group:default/team' });
      expect(await store.revoke(PARENT, BY, AT, entry)).toBe(true);
      expect(await live()).toEqual(['another00001', 'another00002']);
      const owned = { reason: 'leaked', owner: `token:${PARENT}` };
      expect(await recorded()).toEqual([
        ['aTrigger0001', owned],
        ['aTrigger0002', owned],
        [PARENT, { reason: 'leaked' }],
      ]);
      expect(announced.sort()).toEqual([
        'token:aTrigger0001',
        'token:aTrigger0002',
        `token:${PARENT}`,
      ]);
      expect(await store.revoke(PARENT, BY, AT + 1, entry)).toBe(false);
      expect(await recorded()).toHaveLength(3);
    });

    it('end where all tokens of its owner do, and are not counted among those', async () => {
      const { sweeps, create, live, recorded, announced } = await setup();
      await create('aTrigger0001', OWNED, PARENT);
      await create('another00001', { owner: 'group:default/other' });
      const filter = { owners: ['group:default/team'] };
      expect(await sweeps.count(filter, AT)).toBe(1);
      const count = await sweeps.revoke(filter, BY, AT, of => ({
        ...entry,
        tokenId: 'id' in of ? of.id : undefined,
      }));
      expect(count).toBe(1);
      expect(await live()).toEqual(['another00001']);
      expect((await recorded()).map(([id]) => id)).toEqual([
        'aTrigger0001',
        PARENT,
      ]);
      expect(announced.sort()).toEqual([
        'token:aTrigger0001',
        `token:${PARENT}`,
      ]);
    });

    it('end where very many are ended at once', async () => {
      const { sweeps, live, recorded, announced, knex } = await setup();
      const owner = 'group:default/many';
      const parents = Array.from({ length: 600 }, (_, index) =>
        someToken({ id: `many${10_000_000 + index}`, kind: 'group', owner }),
      );
      const trigger = (id: string, by: string) =>
        someToken({ id, kind: 'trigger', owner: `token:${by}` });
      const rows = [
        ...parents,
        trigger('aTrigger0001', parents[0].id),
        trigger('aTrigger0002', parents[599].id),
        trigger('another00001', PARENT),
      ].map(toTokenRow);
      for (let index = 0; index < rows.length; index += 200) {
        await knex('orchestrator_tokens').insert(
          rows.slice(index, index + 200),
        );
      }
      const count = await sweeps.revoke({ owners: [owner] }, BY, AT, of => ({
        ...entry,
        tokenId: undefined,
        meta: { ...of },
      }));
      expect(count).toBe(600);
      expect(await live()).toEqual(['another00001', PARENT]);
      expect(await recorded()).toEqual([[null, { count: 602 }]]);
      expect(announced).toEqual(['*']);
    });

    it('are not made by one that is revoked', async () => {
      const { store, create, knex } = await setup();
      await store.revoke(PARENT, BY, AT, entry);
      expect(await codeOf(create('aTrigger0001', OWNED, PARENT))).toBe(
        'auth.token_revoked',
      );
      for (const table of ['tokens', 'token_secrets', 'token_names']) {
        expect(await knex(`orchestrator_${table}`)).toHaveLength(1);
      }
    });

    it('end with it also where they are made at the same time', async () => {
      const { store, create, live } = await setup();
      for (let round = 10; round < 30; round += 1) {
        const id = `groupToken${round}`;
        await create(id, { kind: 'group', owner: 'group:default/team' });
        const more = { ...OWNED, owner: `token:${id}` };
        const codes = await Promise.all(
          [
            create(`aTrigger00${round}`, more, id),
            store.revoke(id, BY, AT, entry),
            create(`bTrigger00${round}`, more, id),
          ].map(codeOf),
        );
        expect(codes[1]).toBe('ok');
        expect(['ok', 'auth.token_revoked']).toContain(codes[0]);
        expect(['ok', 'auth.token_revoked']).toContain(codes[2]);
      }
      expect(await live()).toEqual([PARENT]);
    });
  });
});
