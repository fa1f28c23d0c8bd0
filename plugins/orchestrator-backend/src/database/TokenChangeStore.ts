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
import { boundStatement } from './boundStatement';
import type { IndexDatabase } from './IndexDatabase';
import type { StoredNumber } from './tokenRows';

const CHANGES = 'orchestrator_token_changes';
const FEED = 'orchestrator_token_feed';

/** Rows per statement: SQLite takes an insert of 500 rows at most. */
const CHUNK = 200;

/**
 * The channel of the notifications, as an expression of PostgreSQL: of its own for each place where the tables are, since
 * several portals may share a database in schemas of their own.
 */
export const CHANNEL_SQL = `'orchestrator_tokens_' || '${FEED}'::regclass::oid::text`;

/** What is to be forgotten: a token, all tokens that live by the snapshot of an owner, or everything. */
export type TokenSubject = `token:${string}` | `owner:${string}` | '*';

/** A notification takes 8,000 bytes at most; larger ones carry nothing. */
const MAX_PAYLOAD = 7_000;

/** What a notification carries, so that who hears it can forget at once, and asks only what else there is. */
function toPayload(subjects: readonly TokenSubject[]): string {
  const payload = JSON.stringify(subjects);
  return Buffer.byteLength(payload) <= MAX_PAYLOAD ? payload : '';
}

function isSubject(value: unknown): value is TokenSubject {
  return typeof value === 'string' && /^(?:\*$|token:|owner:)/.test(value);
}

/** Reads what a notification carries; anybody who may use the database can send one. */
export function fromPayload(payload: string): readonly TokenSubject[] {
  try {
    const subjects: unknown = JSON.parse(payload);
    return Array.isArray(subjects) ? subjects.filter(isSubject) : [];
  } catch {
    return [];
  }
}

/** Is told what is to be forgotten; must not throw. */
export type TokenChangeListener = (subjects: readonly TokenSubject[]) => void;

/** Changes of tokens, as far as they were asked for. */
export interface TokenChanges {
  /** The last place that was given. */
  readonly latest: number;
  /** In order; the places have no gaps, but where old rows are gone. */
  readonly changes: readonly {
    readonly seq: number;
    readonly subject: TokenSubject;
  }[];
}

interface ChangeRow {
  readonly latest: StoredNumber;
  readonly seq: StoredNumber | null;
  readonly subject: string | null;
}

/**
 * What replicas must forget of tokens, in the order in which the changes were committed. Whoever changes a token records it in
 * the transaction of the change, and announces it once that is committed.
 */
export class TokenChangeStore {
  readonly #database: IndexDatabase;
  readonly #listeners = new Set<TokenChangeListener>();

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /**
   * Records changes in the transaction that makes them. Transactions that record wait for each other from here to their ends, so
   * that the order of the places is the order of the commits: do it last.
   *
   * @param at - milliseconds since the epoch
   */
  async record(
    trx: Knex.Transaction,
    subjects: readonly TokenSubject[],
    at: number,
  ): Promise<void> {
    if (subjects.length === 0) return;
    const [{ seq }] = await trx(FEED)
      .where({ id: 1 })
      .update({ seq: trx.raw('?? + ?', ['seq', subjects.length]) })
      .returning<{ seq: StoredNumber }[]>('seq');
    const first = Number(seq) - subjects.length + 1;
    const rows = subjects.map((subject, index) => ({
      seq: first + index,
      subject,
      changed_at: at,
    }));
    for (let index = 0; index < rows.length; index += CHUNK) {
      await trx(CHANGES).insert(rows.slice(index, index + CHUNK));
    }
    if (this.#database.isPostgres) {
      // It reaches the listeners with the commit, and not at all without one.
      await trx.raw(`select pg_notify(${CHANNEL_SQL}, ?)`, [
        toPayload(subjects),
      ]);
    }
  }

  /** Makes this process forget at once. To be called when the transaction of the change is committed, before anybody is answered. */
  announce(subjects: readonly TokenSubject[]): void {
    for (const listener of this.#listeners) {
      listener(subjects);
    }
  }

  /**
   * Listens for what is announced in this process.
   *
   * @returns stops listening
   */
  onAnnounced(listener: TokenChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The changes after a place, and the last place, as of one moment.
   *
   * @param timeout - milliseconds after which the connection is given up
   * @throws what the driver throws: it is asked for time and again, so that who asks must see to it that a failure is logged once
   */
  async since(
    seq: number,
    limit: number,
    timeout: number,
  ): Promise<TokenChanges> {
    const { knex } = this.#database;
    const rows: ChangeRow[] = await boundStatement(
      this.#database,
      knex(`${FEED} as feed`)
        .leftJoin(`${CHANGES} as change`, join =>
          join.on('change.seq', '>', knex.raw('?', [seq])),
        )
        .where('feed.id', 1)
        .orderBy('change.seq')
        .limit(limit)
        .select({
          latest: 'feed.seq',
          seq: 'change.seq',
          subject: 'change.subject',
        }),
      timeout,
    );
    if (rows.length === 0) {
      throw new Error(`The row of ${FEED} is missing`);
    }
    return {
      latest: Number(rows[0].latest),
      changes: rows.flatMap(row =>
        row.seq === null
          ? []
          : [{ seq: Number(row.seq), subject: row.subject as TokenSubject }],
      ),
    };
  }

  /**
   * The last place that was given.
   *
   * @param timeout - milliseconds after which the connection is given up
   * @throws as {@link since}
   */
  async latest(timeout: number): Promise<number> {
    const [row]: { seq: StoredNumber }[] = await boundStatement(
      this.#database,
      this.#database.knex(FEED).where({ id: 1 }).select('seq'),
      timeout,
    );
    if (!row) {
      throw new Error(`The row of ${FEED} is missing`);
    }
    return Number(row.seq);
  }
}
