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
  /** Its body, or the head of it. */
  readonly content: JsonObject;
  /** Whether that is all of it. */
  readonly isWhole: boolean;
}

/** The inbox of a run, as it stands. */
export interface Inbox {
  /** The number that grows with each message to the run. */
  readonly mail: number;
  /** Oldest first. */
  readonly waiting: readonly WaitingMessage[];
}

const PLACES = 4;

/** Reads the inboxes of runs. */
export class InboxReader {
  readonly #knex: Knex;
  readonly #all: Batcher<string, Inbox>;
  readonly #children: Batcher<string, Inbox>;

  constructor(knex: Knex) {
    this.#knex = knex;
    const places = isSqlite(knex) ? 1 : PLACES;
    this.#all = new Batcher(ids => this.#readBatch(ids, true), places);
    this.#children = new Batcher(ids => this.#readBatch(ids, false), places);
  }

  /**
   * The messages that a run has not taken.
   *
   * @param withEvents - false: only what became of sub-flows
   */
  read(runId: string, withEvents: boolean): Promise<Inbox> {
    return (withEvents ? this.#all : this.#children).add(runId);
  }

  async #readBatch(
    ids: readonly string[],
    withEvents: boolean,
  ): Promise<Inbox[]> {
    // One statement: the number must not be newer than the messages.
    const rows: {
      id: string;
      mail: number | string;
      seq: number | string | null;
      kind: WaitingMessage['kind'];
      event_name: string | null;
      head: string | null;
      body: string | null;
    }[] = await this.#knex('embedded_runs as r')
      .leftJoin('embedded_inbox as i', join => {
        join.on('i.run_id', 'r.id').andOnNull('i.taken_at');
        if (!withEvents) {
          join.andOnVal('i.kind', 'child');
        }
      })
      .whereIn('r.id', [...new Set(ids)])
      .orderBy('i.seq')
      .select(
        'r.id',
        'r.mail',
        'i.seq',
        'i.kind',
        'i.event_name',
        'i.head',
        // Those that are long are kept apart, and are not even looked at for their length.
        this.#knex.raw('case when i.head is null then i.body end as body'),
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
      const text = row.head ?? row.body;
      if (row.seq !== null && text !== null) {
        inbox.waiting.push({
          seq: Number(row.seq),
          kind: row.kind,
          eventName: row.event_name ?? undefined,
          content: JSON.parse(text),
          isWhole: row.head === null,
        });
      }
    }
    return ids.map(id => inboxes.get(id) ?? { mail: 0, waiting: [] });
  }

  /** All of a waiting message; undefined where it is not there any more. */
  async body(seq: number): Promise<JsonObject | undefined> {
    const row: { body: string | null } | undefined = await this.#knex(
      'embedded_inbox',
    )
      .where({ seq })
      .first('body');
    return row?.body ? JSON.parse(row.body) : undefined;
  }
}
