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

import type { Knex } from 'knex';
import { AUDIT_CHAIN, AUDIT_CHECKPOINTS } from '../../database/AuditChain';
import { AuditChainReader } from '../../database/AuditChainReader';
import { AuditCountStore } from '../../database/AuditCountStore';
import type { AuditEntry } from '../../database/AuditEntry';
import { AuditPages } from '../../database/AuditPages';
import { AUDIT, type AuditRecord } from '../../database/AuditRow';
import { AuditSealStore } from '../../database/AuditSealStore';
import { AuditStore } from '../../database/AuditStore';
import { IndexDatabase } from '../../database/IndexDatabase';
import { migrateDatabase } from '../../database/openDatabase';
import { mockServices } from '@backstage/backend-test-utils';
import { AuditVerifier } from '../AuditVerifier';

/** When tests of the audit log begin. */
export const START = Date.UTC(2026, 0, 1);

/** No checkpoint but those that a test asks for. */
export const SELDOM = { rows: 1_000_000, interval: 1_000_000_000_000_000 };

export const ENTRY: AuditEntry = {
  event: 'token.created',
  actor: 'user:default/alice',
  tokenId: 'AbcDef123456',
  outcome: 'succeeded',
  address: '192.0.2.1',
  meta: { kind: 'personal' },
};

/** The stores of the audit log on a database of the tests, and a look into the table. */
export async function createAuditFixture(knex: Knex) {
  await migrateDatabase(knex);
  const database = new IndexDatabase(knex, mockServices.logger.mock());
  const store = new AuditStore();
  const sealer = new AuditSealStore(database);
  const reader = new AuditChainReader(database);
  return {
    knex,
    database,
    store,
    sealer,
    counts: new AuditCountStore(database),
    pages: new AuditPages(database),
    reader,
    verifier: new AuditVerifier(reader),
    add: (entry: AuditEntry, at: number) =>
      database.transaction(trx => store.add(trx, entry, at)),
    /** Seals until nothing is left, some rows at a time. */
    async sealAll(now: number, limit = 7, pace = SELDOM) {
      while ((await sealer.seal(now, pace, limit)).sealed === limit);
    },
    /** All rows: in the order of the chain, then those that are not sealed. */
    async rows(): Promise<AuditRecord[]> {
      const records = await knex<AuditRecord>(AUDIT).orderBy(['at', 'id']);
      const place = ({ seq }: AuditRecord) => Number(seq ?? Infinity);
      return records.sort((a, b) => place(a) - place(b) || 0);
    },
    /** As after the migration. */
    async empty() {
      const hash = '0'.repeat(64);
      await knex(AUDIT).delete();
      await knex(AUDIT_CHECKPOINTS).delete();
      await knex(AUDIT_CHAIN).update({
        seq: 0,
        hash,
        anchor_seq: 0,
        anchor_hash: hash,
        checkpoint_seq: 0,
        checkpoint_at: 0,
      });
    },
  };
}

export type AuditFixture = Awaited<ReturnType<typeof createAuditFixture>>;
