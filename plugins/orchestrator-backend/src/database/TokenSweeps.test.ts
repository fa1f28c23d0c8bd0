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
import {
  insertToken,
  MINTED_AT,
  someSecret,
  someToken,
} from '../tokens/__testUtils__/someTokens';
import { grant } from '../tokens/__testUtils__/tokenFixture';
import type { StoredToken } from '../tokens/StoredToken';
import { createIndexDatabase } from '../workflows/__testUtils__/workflowFixture';
import type { Grant } from '../grants/Grant';
import { AuditStore } from './AuditStore';
import { TokenChangeStore } from './TokenChangeStore';
import { toSecretRow } from './tokenRows';
import { TokenSweeps, type SweepFilter } from './TokenSweeps';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const AT = MINTED_AT + 1_000;

describe('TokenSweeps', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function setup() {
      const knex = await databases.init(databaseId);
      const database = await createIndexDatabase(knex);
      const changes = new TokenChangeStore(database);
      const announced: string[] = [];
      changes.onAnnounced(subjects => announced.push(...subjects));
      const sweeps = new TokenSweeps({
        database,
        changes,
        audit: new AuditStore(),
      });
      const insert = async (
        id: string,
        more: Partial<StoredToken> = {},
        grants: readonly Grant[] = [grant(['workflows:read'])],
      ) => {
        const token = someToken({ id: id.padEnd(12, 'x'), ...more });
        const { expiresAt } = token;
        await insertToken(knex, token, [
          someSecret(token, { grants, expiresAt }),
        ]);
      };
      const revoke = (filter: SweepFilter, at = AT) =>
        sweeps.revoke(
          filter,
          { by: 'user:default/admin', reason: 'x' },
          at,
          of => ({
            event: 'token.revoked',
            outcome: 'succeeded',
            meta: { ...of },
          }),
        );
      const revoked = async () =>
        (
          await knex('orchestrator_tokens')
            .whereNotNull('revoked_at')
            .orderBy('id')
            .pluck('id')
        ).map(id => id.replace(/x+$/, ''));
      return { knex, sweeps, insert, revoke, revoked, announced };
    }

    it('revokes the live tokens that a filter names', async () => {
      const { insert, revoke, revoked, knex } = await setup();
      const alice = 'user:default/alice';
      await insert('a', { owner: alice, kind: 'personal' });
      await insert('b', { owner: alice, kind: 'trigger' });
      await insert('c', { owner: 'user:default/bob', kind: 'personal' });
      await insert('d');
      await insert('dead', { owner: alice, expiresAt: AT });
      await insert('gone', { owner: alice, revokedAt: 1, revokedBy: 'me' });
      expect(await revoke({ owners: [alice], kind: 'trigger' })).toBe(1);
      expect(await revoked()).toEqual(['b', 'gone']);
      expect(await revoke({ owners: [alice] })).toBe(1);
      expect(await revoke({ kind: 'service' })).toBe(1);
      expect(await revoke({})).toBe(1);
      expect(await revoke({})).toBe(0);
      expect(await revoked()).toEqual(['a', 'b', 'c', 'd', 'gone']);
      expect(
        await knex('orchestrator_tokens').where({ revoked_by: 'me' }),
      ).toHaveLength(1);
    });

    it('finds tokens with a right in a workspace in whichever grant it is', async () => {
      const { insert, revoke, revoked, sweeps } = await setup();
      const read = ['workflows:read'];
      await insert('all', {}, [grant(read, ['x']), grant(read)]);
      await insert('here', {}, [grant(read, ['x']), grant(read, ['y', 'a"b'])]);
      await insert('other', {}, [grant(read, ['ya', 'x%', 'A"B'])]);
      await insert('none', {}, [grant(read, [])]);
      await insert('odd', {}, [grant(read, ["it's \\ ?"])]);
      const count = (workspace: string) => sweeps.count({ workspace }, AT);
      expect(await count('y')).toBe(2);
      expect(await count('a"b')).toBe(2);
      expect(await count("it's \\ ?")).toBe(2);
      expect(await count('workflows:read')).toBe(1);
      expect(await count('%')).toBe(1);
      expect(await revoke({ workspace: 'y' })).toBe(2);
      expect(await revoked()).toEqual(['all', 'here']);
    });

    it('looks at the secret before as long as it is alive', async () => {
      const { knex, insert, sweeps } = await setup();
      await insert('a', { version: 2 }, [grant(['workflows:read'], ['new'])]);
      const token = someToken({ id: 'a'.padEnd(12, 'x') });
      const old = someSecret(token, {
        version: 1,
        grants: [grant(['workflows:read'], ['old'])],
        expiresAt: AT + 1,
      });
      await knex('orchestrator_token_secrets').insert(
        toSecretRow(token.id, old),
      );
      expect(await sweeps.count({ workspace: 'old' }, AT)).toBe(1);
      expect(await sweeps.count({ workspace: 'old' }, AT + 1)).toBe(0);
      expect(await sweeps.count({ workspace: 'new' }, AT + 1)).toBe(1);
    });

    it('records each of a few tokens, and how many where they are many', async () => {
      const { insert, revoke, knex, announced } = await setup();
      const meta = async () =>
        (await knex('orchestrator_audit').pluck('meta')).map(text =>
          JSON.parse(text),
        );
      for (let index = 0; index < 100; index += 1) await insert(`few${index}y`);
      expect(await revoke({})).toBe(100);
      expect(await meta()).toHaveLength(100);
      expect(announced).toHaveLength(100);
      await knex('orchestrator_audit').delete();
      announced.length = 0;
      for (let index = 0; index < 101; index += 1) await insert(`lot${index}y`);
      expect(await revoke({})).toBe(101);
      expect(await meta()).toEqual([{ count: 101 }]);
      expect(announced).toEqual(['*']);
    });
  });
});
