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
import { Batcher } from './Batcher';
import { chunks } from './chunks';
import { isSqlite } from './database';
import { headOf } from './headOf';
import type { Message, Reception } from './Message';
import { transact } from './transact';

const PLACES = 4;

const nameOf = (runId: string, key: string) => `${runId} ${key}`;

/** The inboxes of runs: what is put into one stays until its run takes it, whoever takes the run on. */
export class InboxStore {
  readonly #knex: Knex;
  readonly #maxWaiting: number;
  readonly #puts: Batcher<{ message: Message; now: number }, Reception>;
  readonly #listeners = new Set<(runIds: readonly string[]) => void>();

  /** @param options - `maxWaiting`: events that may wait for one run */
  constructor(knex: Knex, options: { readonly maxWaiting: number }) {
    this.#knex = knex;
    this.#maxWaiting = options.maxWaiting;
    const places = isSqlite(knex) ? 1 : PLACES;
    this.#puts = new Batcher(items => this.#putBatch(items), places);
  }

  /**
   * Puts messages into the inboxes of their runs; each is durable once this resolves.
   *
   * @param now - milliseconds since the epoch
   * @returns what became of each, in their order
   */
  put(messages: readonly Message[], now: number): Promise<Reception[]> {
    return Promise.all(
      messages.map(message => this.#puts.add({ message, now })),
    );
  }

  /** Calls back with runs that have new messages from this process, once they are durable. */
  onPut(listener: (runIds: readonly string[]) => void): void {
    this.#listeners.add(listener);
  }

  /** Tells that runs have new messages, where they were put in by a transaction of somebody else's. */
  announce(runIds: readonly string[]): void {
    if (runIds.length > 0) {
      this.#listeners.forEach(listener => listener(runIds));
    }
  }

  async #putBatch(
    items: readonly { readonly message: Message; readonly now: number }[],
  ): Promise<Reception[]> {
    const receptions = await transact(this.#knex, tx =>
      this.putIn(
        tx,
        items.map(({ message }) => message),
        items[0].now,
      ),
    );
    this.announce(
      items
        .filter((_item, i) => receptions[i] === 'stored')
        .map(({ message }) => message.runId),
    );
    return receptions;
  }

  /** Puts messages into inboxes within a transaction; whoever calls announces them once it is done. */
  async putIn(
    tx: Knex.Transaction,
    messages: readonly Message[],
    now: number,
  ): Promise<Reception[]> {
    const runs = await this.#lock(tx, messages);
    const old = await this.#known(tx, this.#crowded(messages, runs));
    const room = new Map(
      [...runs].map(([id, { waiting }]) => [id, this.#maxWaiting - waiting]),
    );
    const receptions = messages.map(({ key, kind, runId }): Reception => {
      const run = runs.get(runId);
      if (run === undefined) {
        return 'unknown';
      }
      if (run.status !== 'ACTIVE' && run.status !== 'ERROR') {
        return 'ended';
      }
      if (old.has(nameOf(runId, key))) {
        return 'known';
      }
      if (kind === 'event') {
        const left = room.get(runId)!;
        if (left <= 0) {
          return 'full';
        }
        room.set(runId, left - 1);
        old.add(nameOf(runId, key));
      }
      return 'stored';
    });
    const fresh = await this.#insert(
      tx,
      messages.filter((_message, i) => receptions[i] === 'stored'),
      now,
    );
    await this.#ring(tx, fresh);
    const names = new Set(fresh.map(({ key, runId }) => nameOf(runId, key)));
    return messages.map(({ key, runId }, i) =>
      receptions[i] === 'stored' && !names.delete(nameOf(runId, key))
        ? 'known'
        : receptions[i],
    );
  }

  /** The messages to runs that may not have room for all of theirs. */
  #crowded(
    messages: readonly Message[],
    runs: ReadonlyMap<string, { readonly waiting: number }>,
  ): Message[] {
    const wanted = new Map<string, number>();
    for (const { runId } of messages) {
      wanted.set(runId, (wanted.get(runId) ?? 0) + 1);
    }
    return messages.filter(({ runId }) => {
      const run = runs.get(runId);
      return (
        run !== undefined && run.waiting + wanted.get(runId)! > this.#maxWaiting
      );
    });
  }

  /** The runs of messages, which nobody else changes until the transaction is over. */
  async #lock(
    tx: Knex.Transaction,
    messages: readonly Message[],
  ): Promise<Map<string, { status: string; waiting: number }>> {
    const ids = [...new Set(messages.map(({ runId }) => runId))].sort();
    const runs = new Map<string, { status: string; waiting: number }>();
    for (const part of chunks(ids)) {
      const rows: { id: string; status: string; waiting: number | string }[] =
        await tx('embedded_runs')
          .whereIn('id', part)
          .orderBy('id')
          .select(
            'id',
            'status',
            tx.raw(
              "(select count(*) from embedded_inbox where embedded_inbox.run_id = embedded_runs.id and taken_at is null and kind = 'event') as waiting",
            ),
          )
          .forUpdate();
      rows.forEach(({ id, status, waiting }) =>
        runs.set(id, { status, waiting: Number(waiting) }),
      );
    }
    return runs;
  }

  async #insert(
    tx: Knex.Transaction,
    messages: readonly Message[],
    now: number,
  ): Promise<Message[]> {
    const fresh = new Set<string>();
    for (const part of chunks(messages)) {
      const inserted: { run_id: string; message_key: string }[] = await tx(
        'embedded_inbox',
      )
        .insert(
          part.map(message => {
            const body = JSON.stringify(message.body);
            return {
              run_id: message.runId,
              message_key: message.key,
              kind: message.kind,
              event_name:
                message.kind === 'event' ? message.eventName ?? null : null,
              head: headOf(message, body),
              body,
              received_at: now,
            };
          }),
        )
        .onConflict(['run_id', 'message_key'])
        .ignore()
        .returning(['run_id', 'message_key']);
      inserted.forEach(row => fresh.add(nameOf(row.run_id, row.message_key)));
    }
    return messages.filter(({ key, runId }) =>
      fresh.delete(nameOf(runId, key)),
    );
  }

  /** Says so in the rows of runs, and wakes those that nobody has. An event wakes no run in error. */
  async #ring(
    tx: Knex.Transaction,
    messages: readonly Message[],
  ): Promise<void> {
    for (const kind of ['event', 'child'] as const) {
      const ids = new Set(
        messages.filter(m => m.kind === kind).map(({ runId }) => runId),
      );
      for (const part of chunks([...ids].sort())) {
        await tx('embedded_runs')
          .whereIn('id', part)
          .update({
            mail: tx.raw('mail + 1'),
            wake_at: tx.raw(
              kind === 'child'
                ? 'case when owner is null then 0 else wake_at end'
                : "case when owner is null and status = 'ACTIVE' then 0 else wake_at end",
            ),
          });
      }
    }
  }

  async #known(
    tx: Knex.Transaction,
    messages: readonly Message[],
  ): Promise<Set<string>> {
    const known = new Set<string>();
    for (const part of chunks(messages)) {
      const rows: { run_id: string; message_key: string }[] = await tx(
        'embedded_inbox',
      )
        .where(query => {
          for (const { key, runId } of part) {
            query.orWhere({ run_id: runId, message_key: key });
          }
        })
        .select('run_id', 'message_key');
      rows.forEach(row => known.add(nameOf(row.run_id, row.message_key)));
    }
    return known;
  }

  /** Marks messages as taken, and erases what they held. */
  async takeIn(
    tx: Knex.Transaction,
    seqs: readonly number[],
    now: number,
  ): Promise<void> {
    for (const part of chunks(seqs)) {
      await tx('embedded_inbox')
        .whereIn('seq', part)
        .update({ taken_at: now, head: null, body: null });
    }
  }
}
