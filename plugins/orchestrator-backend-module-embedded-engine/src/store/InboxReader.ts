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

import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { Batcher } from './Batcher';
import { isSqlite } from './database';

/** A message that waits in an inbox. */
export interface WaitingMessage {
  readonly seq: number;
  readonly kind: 'event' | 'child';
  readonly eventName?: string;
  /** JSON; absent where it is long. */
  readonly body?: string;
}

/** The inbox of a run, as it stands. */
export interface Inbox {
  /** The number that grows with each message to the run. */
  readonly mail: number;
  /** Oldest first. */
  readonly waiting: readonly WaitingMessage[];
}

/** Characters of a body that is read with the list. */
const SHORT = 1_024;
const PLACES = 4;

/** Reads the inboxes of runs. */
export class InboxReader {
  readonly #knex: Knex;
  readonly #reads: Batcher<string, Inbox>;

  constructor(knex: Knex) {
    this.#knex = knex;
    this.#reads = new Batcher(
      ids => this.#readBatch(ids),
      isSqlite(knex) ? 1 : PLACES,
    );
  }

  /** The messages that a run has not taken. */
  read(runId: string): Promise<Inbox> {
    return this.#reads.add(runId);
  }

  async #readBatch(ids: readonly string[]): Promise<Inbox[]> {
    // One statement: the number must not be newer than the messages.
    const rows: {
      id: string;
      mail: number | string;
      seq: number | string | null;
      kind: WaitingMessage['kind'];
      event_name: string | null;
      short: string | null;
    }[] = await this.#knex('embedded_runs as r')
      .leftJoin('embedded_inbox as i', join =>
        join.on('i.run_id', 'r.id').andOnNull('i.taken_at'),
      )
      .whereIn('r.id', [...new Set(ids)])
      .orderBy('i.seq')
      .select(
        'r.id',
        'r.mail',
        'i.seq',
        'i.kind',
        'i.event_name',
        this.#knex.raw(
          'case when length(i.body) <= ? then i.body end as short',
          [SHORT],
        ),
      );
    const inboxes = new Map<
      string,
      { mail: number; waiting: WaitingMessage[] }
    >();
    for (const row of rows) {
      const inbox = inboxes.get(row.id) ?? {
        mail: Number(row.mail),
        waiting: [],
      };
      inboxes.set(row.id, inbox);
      if (row.seq !== null) {
        inbox.waiting.push({
          seq: Number(row.seq),
          kind: row.kind,
          eventName: row.event_name ?? undefined,
          body: row.short ?? undefined,
        });
      }
    }
    return ids.map(id => inboxes.get(id) ?? { mail: 0, waiting: [] });
  }

  /** The body of a waiting message; undefined where it is not there any more. */
  async body(seq: number): Promise<JsonObject | undefined> {
    const row: { body: string | null } | undefined = await this.#knex(
      'embedded_inbox',
    )
      .where({ seq })
      .first('body');
    return row?.body ? JSON.parse(row.body) : undefined;
  }
}
