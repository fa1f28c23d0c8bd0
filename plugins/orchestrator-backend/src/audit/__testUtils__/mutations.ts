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

import { linkRecords } from '../../database/auditHash';
import { AUDIT, type AuditRecord } from '../../database/AuditRow';
import type { AuditFixture } from './auditFixture';

/** One thing that somebody does to the table by hand. Each is given the sealed rows, and one of them. */
export const MUTATIONS: Record<
  string,
  (
    log: AuditFixture,
    row: AuditRecord,
    rows: readonly AuditRecord[],
  ) => Promise<unknown>
> = {
  ...Object.fromEntries(
    (
      [
        'event',
        'actor',
        'on_behalf_of',
        'token_id',
        'workflow_id',
        'instance_id',
        'outcome',
        'code',
        'address',
        'meta',
        'open_key',
      ] as const
    ).map(column => [
      `another ${column}`,
      (log: AuditFixture, row: AuditRecord) =>
        log
          .knex<AuditRecord>(AUDIT)
          .where({ id: row.id })
          .update({ [column]: `${row[column] ?? ''}x` }),
    ]),
  ),
  ...Object.fromEntries(
    (['at', 'count', 'open_until'] as const).map(column => [
      `another ${column}`,
      (log: AuditFixture, row: AuditRecord) =>
        log
          .knex<AuditRecord>(AUDIT)
          .where({ id: row.id })
          .update({ [column]: Number(row[column] ?? 0) + 1 }),
    ]),
  ),
  'another id': (log, row) =>
    log
      .knex(AUDIT)
      .where({ id: row.id })
      .update({ id: '00000000-0000-4000-8000-000000000000' }),
  'another hash': (log, row) =>
    log
      .knex(AUDIT)
      .where({ id: row.id })
      .update({ hash: 'f'.repeat(64) }),
  'an emptied text': (log, row) =>
    log.knex(AUDIT).where({ id: row.id }).update({ actor: null, meta: null }),
  'another place': (log, row, rows) =>
    log
      .knex(AUDIT)
      .where({ id: row.id })
      .update({ seq: Number(rows.at(-1)!.seq) + 5 }),
  'taken out of the chain': (log, row) =>
    log.knex(AUDIT).where({ id: row.id }).update({ seq: null, hash: null }),
  deleted: (log, row) => log.knex(AUDIT).where({ id: row.id }).delete(),
  'deleted, and the rest moved up': async (log, row, rows) => {
    await log.knex(AUDIT).where({ id: row.id }).delete();
    for (const { id, seq } of rows) {
      if (Number(seq) <= Number(row.seq)) continue;
      await log
        .knex(AUDIT)
        .where({ id })
        .update({ seq: Number(seq) - 1 });
    }
  },
  'another row put before it': async (log, row, rows) => {
    for (const { id, seq } of [...rows].reverse()) {
      if (Number(seq) < Number(row.seq)) continue;
      await log
        .knex(AUDIT)
        .where({ id })
        .update({ seq: Number(seq) + 1 });
    }
    await log.knex(AUDIT).insert({ ...row, id: 'inserted' });
  },
  'a row put after the end': (log, row, rows) =>
    log.knex(AUDIT).insert({
      ...linkRecords(
        { seq: Number(rows.at(-1)!.seq), hash: rows.at(-1)!.hash! },
        [{ ...row, id: 'inserted' }],
      )[0],
    }),
  'a row put before the beginning': (log, row, rows) =>
    log
      .knex(AUDIT)
      .insert({ ...row, id: 'inserted', seq: Number(rows[0].seq) - 1 }),
  'two rows in each other’s place': async (log, row, rows) => {
    const index = rows.indexOf(row);
    const other = rows[index === 0 ? 1 : index - 1];
    const move = (id: string, seq: AuditRecord['seq']) =>
      log.knex(AUDIT).where({ id }).update({ seq });
    await move(row.id, Number(rows.at(-1)!.seq) + 1);
    await move(other.id, row.seq);
    await move(row.id, other.seq);
  },
  'the rest cut off': (log, row) =>
    log.knex(AUDIT).where('seq', '>=', Number(row.seq)).delete(),
};
