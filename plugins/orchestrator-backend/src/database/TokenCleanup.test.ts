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
  EXPIRES_AT,
  insertToken,
  MINTED_AT,
  someSecret,
  someToken,
} from '../tokens/__testUtils__/someTokens';
import type { StoredToken } from '../tokens/StoredToken';
import { createIndexDatabase } from '../workflows/__testUtils__/workflowFixture';
import { TokenCleanup } from './TokenCleanup';
import { toTokenRow } from './tokenRows';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const HOUR = 60 * 60 * 1_000;

describe('TokenCleanup', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function setup() {
      const knex = await databases.init(databaseId);
      const cleanup = new TokenCleanup(await createIndexDatabase(knex));
      const insert = async (id: string, more: Partial<StoredToken> = {}) => {
        const token = someToken({ id: id.padEnd(12, 'x'), ...more });
        const { expiresAt } = token;
        await insertToken(knex, token, [someSecret(token, { expiresAt })]);
        await knex('orchestrator_token_names').insert({
          owner: token.owner ?? '',
          name: `${token.name} ${id}`,
          token_id: token.id,
        });
      };
      const ids = async (table: string, column = 'id'): Promise<string[]> =>
        (await knex(table).orderBy(column).pluck(column)).map(id =>
          String(id).replace(/x+$/, ''),
        );
      return { knex, cleanup, insert, ids };
    }

    it('deletes tokens once they are dead for long enough, with all that is theirs', async () => {
      const { insert, cleanup, ids, knex } = await setup();
      const limit = EXPIRES_AT + 10;
      const later = EXPIRES_AT + 1_000;
      await insert('expired1', { expiresAt: limit - 1 });
      await insert('expired2', { expiresAt: limit });
      await insert('revoked1', { expiresAt: later, revokedAt: limit - 1 });
      await insert('revoked2', { expiresAt: later, revokedAt: limit });
      await insert('alive', { expiresAt: later });
      expect(await cleanup.clean(limit, limit)).toBe(2);
      const kept = ['alive', 'expired2', 'revoked2'];
      expect(await ids('orchestrator_tokens')).toEqual(kept);
      expect(await ids('orchestrator_token_secrets', 'token_id')).toEqual(kept);
      expect(await ids('orchestrator_token_names', 'token_id')).toEqual(kept);
      expect(await cleanup.clean(limit, limit)).toBe(0);
      expect(await knex('orchestrator_tokens')).toHaveLength(3);
    });

    it('looks at all tokens, however many they are', async () => {
      const { knex, insert, cleanup } = await setup();
      await insert('alive');
      for (let chunk = 0; chunk < 24; chunk += 1) {
        await knex('orchestrator_tokens').insert(
          Array.from({ length: 200 }, (_, index) =>
            toTokenRow(
              someToken({
                id: `dead${String(chunk * 200 + index).padStart(8, '0')}`,
                expiresAt: 5,
              }),
            ),
          ),
        );
      }
      expect(await cleanup.clean(6, 6)).toBe(4_800);
      expect(await knex('orchestrator_tokens')).toHaveLength(1);
    });

    it('deletes places in the feed and snapshots that nobody needs', async () => {
      const { knex, insert, cleanup, ids } = await setup();
      const now = MINTED_AT + 10 * HOUR;
      await knex('orchestrator_token_changes').insert([
        { seq: 1, subject: '*', changed_at: now - HOUR - 1 },
        { seq: 2, subject: '*', changed_at: now - HOUR },
      ]);
      const snapshot = (owner: string, takenAt: number) =>
        knex('orchestrator_owner_snapshots').insert({
          owner,
          refs: '[]',
          decisions: '{}',
          taken_at: takenAt,
        });
      await snapshot('user:default/owner', now - 2 * HOUR);
      await snapshot('user:default/none', now - 2 * HOUR);
      await snapshot('user:default/group', now - 2 * HOUR);
      // It was taken for a token that is about to be stored.
      await snapshot('user:default/soon', now - HOUR);
      await insert('a', { kind: 'personal', owner: 'user:default/owner' });
      await insert('b', { kind: 'trigger', owner: 'user:default/group' });
      await cleanup.clean(MINTED_AT, now);
      expect(await ids('orchestrator_token_changes', 'seq')).toEqual(['2']);
      expect(await ids('orchestrator_owner_snapshots', 'owner')).toEqual([
        'user:default/owner',
        'user:default/soon',
      ]);
    });
  });
});
