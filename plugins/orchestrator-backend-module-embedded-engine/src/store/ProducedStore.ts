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
import type {
  EngineEvent,
  RunProvenance,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';

/** What is to be done with an event next: give it to workflows of the engine, or send it out. */
export type Stage = 'inside' | 'outside';

/** An event of a run that is to be sent. */
export interface ProducedPlace {
  readonly seq: number;
  readonly runId: string;
  /** How often it could not be sent. */
  readonly attempts: number;
}

/** An event with where it comes from. */
export interface ProducedEvent {
  readonly event: EngineEvent;
  /** The workspace of the definition that has produced it; absent where that was not known when it was stored. */
  readonly workspace?: string;
}

/** What is known of the run that has produced an event. */
export interface Producer {
  readonly id: string;
  readonly definitionHash: string;
  readonly depth: number;
  readonly provenance: RunProvenance | undefined;
}

/** Events of one look, and runs that share them: no run is in the way of others. */
const MAX_EVENTS = 200;
const MAX_RUNS = 40;

/** The events that runs have produced, until they are sent. */
export class ProducedStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  #of(stage: Stage): Knex.QueryBuilder {
    return this.#knex('embedded_produced').where({
      delivered: stage === 'outside',
    });
  }

  /** Whether an event is due. */
  async isDue(stage: Stage, now: number): Promise<boolean> {
    return (
      (await this.#of(stage).where('due_at', '<=', now).first('seq')) !==
      undefined
    );
  }

  /**
   * The next events of runs whose first one is due: for each run, in their order. Behind one that is not due yet, the others of its
   * run wait as long.
   *
   * @param now - milliseconds since the epoch
   */
  async due(stage: Stage, now: number): Promise<ProducedPlace[][]> {
    const waiting = this.#of(stage)
      .where('due_at', '<=', now)
      .groupBy('workspace', 'run_id')
      .select(
        'run_id',
        this.#knex.raw('min(due_at) as due_at'),
        this.#knex.raw('min(seq) as seq'),
        this.#knex.raw(
          'row_number() over (partition by workspace order by min(due_at), min(seq)) as turn',
        ),
      );
    // Workspaces take turns, and so do the runs of each.
    const runs: { run_id: string }[] = await this.#knex
      .from(waiting.as('waiting'))
      .orderBy(['turn', 'due_at', 'seq'])
      .limit(MAX_RUNS)
      .select('run_id');
    const ids = runs.map(row => row.run_id);
    const rows = ids.length === 0 ? [] : await this.#heads(stage, ids);
    const ready: ProducedPlace[][] = [];
    for (const id of ids) {
      const own = rows.filter(row => row.run_id === id);
      if (own.length === 0) {
        continue;
      }
      const dueAt = Number(own[0].due_at);
      if (dueAt > now) {
        await this.#delay(stage, id, dueAt);
      } else {
        ready.push(
          own.map(({ attempts, seq }) => ({
            seq: Number(seq),
            runId: id,
            attempts,
          })),
        );
      }
    }
    return ready;
  }

  async #heads(
    stage: Stage,
    runIds: readonly string[],
  ): Promise<
    {
      seq: number | string;
      run_id: string;
      attempts: number;
      due_at: number | string;
    }[]
  > {
    const numbered = this.#of(stage)
      .whereIn('run_id', runIds)
      .select(
        'seq',
        'run_id',
        'attempts',
        'due_at',
        this.#knex.raw(
          'row_number() over (partition by run_id order by seq) as place',
        ),
      );
    return this.#knex
      .from(numbered.as('numbered'))
      .where('place', '<=', Math.floor(MAX_EVENTS / runIds.length))
      .orderBy('seq')
      .select('seq', 'run_id', 'attempts', 'due_at');
  }

  /** Events by their numbers; those that were sent since are left out. */
  async events(seqs: readonly number[]): Promise<Map<number, ProducedEvent>> {
    const rows: { seq: number | string; event: string }[] = await this.#knex(
      'embedded_produced',
    )
      .whereIn('seq', seqs)
      .select('seq', 'event');
    return new Map(
      rows.map(({ event, seq }) => [Number(seq), JSON.parse(event)]),
    );
  }

  /** How many events of a run wait, whatever is to be done with them. */
  async count(runId: string): Promise<number> {
    const [{ count }]: { count: number | string }[] = await this.#knex(
      'embedded_produced',
    )
      .where({ run_id: runId })
      .count('* as count');
    return Number(count);
  }

  /** The run that has produced an event; undefined where it was deleted. */
  async producer(runId: string): Promise<Producer | undefined> {
    const row:
      | { definition_hash: string; depth: number; provenance: string | null }
      | undefined = await this.#knex('embedded_runs')
      .where({ id: runId })
      .first('definition_hash', 'depth', 'provenance');
    return (
      row && {
        id: runId,
        definitionHash: row.definition_hash,
        depth: row.depth,
        provenance:
          row.provenance === null ? undefined : JSON.parse(row.provenance),
      }
    );
  }

  /** Workflows of the engine have had events: they are to be sent out. */
  async deliveredInside(seqs: readonly number[]): Promise<void> {
    await this.#knex('embedded_produced')
      .whereIn('seq', seqs)
      .update({ delivered: true, attempts: 0, due_at: 0 });
  }

  /** Nothing is left to do with events. */
  async done(seqs: readonly number[]): Promise<void> {
    await this.#knex('embedded_produced').whereIn('seq', seqs).delete();
  }

  /** Forgets events that only a sink has not had; returns how many these were. */
  forgetOutside(): Promise<number> {
    return this.#of('outside').delete();
  }

  /** An event could not be sent: it is tried again later, and the others of its run wait behind it. */
  async failed(
    stage: Stage,
    { runId, seq }: ProducedPlace,
    dueAt: number,
  ): Promise<void> {
    await this.#of(stage)
      .where({ seq })
      .update({ attempts: this.#knex.raw('attempts + 1'), due_at: dueAt });
    await this.#delay(stage, runId, dueAt);
  }

  async #delay(stage: Stage, runId: string, dueAt: number): Promise<void> {
    await this.#of(stage)
      .where({ run_id: runId })
      // Not as an index has it: SQLite would go through the events of all runs.
      .whereRaw('coalesce(due_at, 0) < ?', [dueAt])
      .update({ due_at: dueAt });
  }
}
