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
import { insertFor, type Row, type StoredRun } from './storedRun';

/** When a job is due, which the engine beside must not take on; milliseconds since the epoch. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** What a run has stored more when it has ended than while it waited. */
function since(
  before: readonly Row[],
  after: readonly Row[],
  key: string,
): Row[] {
  const known = new Set(before.map(row => row[key]));
  return after.filter(row => !known.has(row[key]));
}

/**
 * Does with knex alone what a hand-written durable job does when an event wakes it: one transaction that stores the event, and one
 * that reads it and the job, and stores what it came to. The rows are copies of those of a run of the engine.
 */
export class PlainWakes {
  readonly #knex: Knex;
  readonly #waiting: StoredRun;
  readonly #ended: StoredRun;
  readonly #waits: string[] = [];
  #count = 0;

  /** @param waiting - a run of the engine while it waited; @param ended - the same when it had ended */
  constructor(knex: Knex, waiting: StoredRun, ended: StoredRun) {
    this.#knex = knex;
    this.#waiting = waiting;
    this.#ended = ended;
  }

  /** Makes jobs that wait. */
  async prepare(times: number): Promise<void> {
    const { run, nodes, history } = this.#waiting;
    for (let n = 0; n < times; n += 1) {
      this.#count += 1;
      const id = `plain-wait-${this.#count}`;
      await this.#knex.transaction(async tx => {
        await tx('embedded_runs').insert({ ...run, id });
        await insertFor(tx, 'embedded_nodes', id, nodes);
        await insertFor(tx, 'embedded_history', id, history);
      });
      this.#waits.push(id);
    }
  }

  /** Wakes one of the jobs, to its end. */
  async wakeOne(body: string): Promise<void> {
    const id = this.#waits.pop();
    if (id === undefined) throw new Error('No job waits');
    await this.#knex.transaction(async tx => {
      await tx('embedded_inbox').insert({
        run_id: id,
        message_key: 'approval',
        kind: 'event',
        event_name: 'approval',
        body,
        received_at: Date.now(),
      });
      await tx('embedded_runs')
        .where({ id, status: 'ACTIVE' })
        .update({ mail: tx.raw('mail + 1'), wake_at: NEVER });
    });
    await this.#knex.transaction(async tx => {
      const job = await tx('embedded_runs').where({ id }).first();
      const message = await tx('embedded_inbox')
        .where({ run_id: id, taken_at: null })
        .first();
      if (message.body !== body) throw new Error(`${id} has another message`);
      await this.#complete(tx, id, job.rev);
      await tx('embedded_inbox')
        .where({ seq: message.seq })
        .update({ taken_at: Date.now(), body: null });
    });
  }

  async #complete(tx: Knex.Transaction, id: string, rev: number) {
    const { run, nodes, history } = this.#ended;
    const changed = await tx('embedded_runs')
      .where({ id, rev })
      .update({
        status: run.status,
        data: run.data,
        state: run.state,
        rev: tx.raw('rev + 1'),
        wake_at: null,
        mail_seen: tx.raw('mail'),
        ended_at: run.ended_at,
      });
    if (changed !== 1) throw new Error(`${id} is not there`);
    await tx('embedded_nodes')
      .where({ run_id: id, left_at: null })
      .update({ left_at: Date.now() });
    const before = this.#waiting;
    await insertFor(
      tx,
      'embedded_nodes',
      id,
      since(before.nodes, nodes, 'seq'),
    );
    await insertFor(
      tx,
      'embedded_history',
      id,
      since(before.history, history, 'first'),
    );
    await tx('embedded_outbox').insert({ run_id: id });
  }
}
