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
import type { LoggerService } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import type {
  EngineCall,
  EngineRunEvent,
  EngineRunEvents,
  EngineRunHistory,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import type { HistoryEntry } from '../interpreter/Run';
import { guarded } from './database';

/** Runs of one statement. */
const MAX_RUNS = 1_000;

/** Bytes of JSON after which a page has no more rows, however few events it has. */
const MAX_PAGE = 1024 * 1024;

interface Part {
  readonly first: number;
  readonly count: number;
  /** Bytes of its JSON. */
  readonly size: number;
}

/** The largest number of an event that the database can hold, but for the one after it. */
const MAX_NUMBER = 2 ** 31 - 2;

/** @throws InputError where the text is no number of an event */
function toNumber(after: string | undefined): number {
  if (after === undefined) {
    return 0;
  }
  if (!/^\d{1,10}$/.test(after) || Number(after) > MAX_NUMBER) {
    throw new InputError('The id of the last event is not one of this engine');
  }
  return Number(after);
}

/** What happened in runs, as it was stored with them. The ids of events are their numbers in the run, from 1. */
export class HistoryReader implements EngineRunHistory {
  readonly #knex: Knex;
  readonly #logger: LoggerService;

  constructor(knex: Knex, logger: LoggerService) {
    this.#knex = knex;
    this.#logger = logger;
  }

  async read(
    runId: string,
    after: string | undefined,
    call: EngineCall & { readonly limit: number },
  ): Promise<EngineRunEvents | undefined> {
    call.abortSignal?.throwIfAborted();
    const seen = toNumber(after);
    return guarded(this.#logger, async () => {
      // Before its events: what ends a run is stored together with the last of them.
      const run: { status: string } | undefined = await this.#knex(
        'embedded_runs',
      )
        .where({ id: runId })
        .first('status');
      if (run === undefined) {
        return undefined;
      }
      const { isCut, parts } = await this.#parts(runId, seen, call.limit);
      const all = await this.#events(runId, parts);
      const events = all.filter(({ id }) => Number(id) > seen);
      return {
        events: events.slice(0, call.limit),
        ended: run.status !== 'ACTIVE' && !isCut && events.length <= call.limit,
      };
    });
  }

  /**
   * The rows in which the events after one are, as many as are needed, and whether there are more.
   *
   * @throws InputError where the run has no such event
   */
  async #parts(
    runId: string,
    seen: number,
    limit: number,
  ): Promise<{ parts: Part[]; isCut: boolean }> {
    const before = this.#knex('embedded_history')
      .where({ run_id: runId })
      .where('first', '<=', seen + 1)
      .max('first');
    const rows: Part[] = await this.#knex('embedded_history')
      .where({ run_id: runId })
      .where('first', '>=', this.#knex.raw('coalesce((?), 0)', [before]))
      .orderBy('first')
      .limit(limit + 2)
      .select(
        'first',
        'count',
        // Neither database reads the text for it.
        this.#knex.raw('octet_length(events) as size'),
      );
    const parts: Part[] = [];
    let found = 0;
    let size = 0;
    for (const part of rows) {
      size += part.size;
      if (found >= limit || (found > 0 && size > MAX_PAGE)) {
        break;
      }
      parts.push(part);
      found += Math.max(
        0,
        part.first + part.count - Math.max(seen + 1, part.first),
      );
    }
    const last = rows.at(-1);
    if (seen > (last === undefined ? 0 : last.first + last.count - 1)) {
      throw new InputError(
        'The id of the last event is that of no event of the run',
      );
    }
    return { parts, isCut: parts.length < rows.length };
  }

  async #events(
    runId: string,
    parts: readonly Part[],
  ): Promise<EngineRunEvent[]> {
    const rows: { first: number; events: string }[] =
      parts.length === 0
        ? []
        : await this.#knex('embedded_history')
            .where({ run_id: runId })
            .whereBetween('first', [parts[0].first, parts.at(-1)!.first])
            .orderBy('first')
            .select('first', 'events');
    return rows.flatMap(({ events, first }) =>
      (JSON.parse(events) as HistoryEntry[]).map(
        ({ detail, kind, time }, i) => ({
          id: String(first + i),
          time: new Date(time).toISOString(),
          kind,
          detail,
        }),
      ),
    );
  }

  async heads(
    runIds: readonly string[],
    call: EngineCall,
  ): Promise<ReadonlyMap<string, string>> {
    call.abortSignal?.throwIfAborted();
    return guarded(this.#logger, async () => {
      const heads = new Map<string, string>();
      for (let i = 0; i < runIds.length; i += MAX_RUNS) {
        const rows: { id: string; head: number | string | null }[] =
          await this.#knex('embedded_runs as r')
            .whereIn('r.id', runIds.slice(i, i + MAX_RUNS))
            .select(
              'r.id',
              this.#knex.raw(
                '(select h.first + h.count - 1 from embedded_history h where h.run_id = r.id order by h.first desc limit 1) as head',
              ),
            );
        rows.forEach(({ head, id }) => heads.set(id, String(head ?? 0)));
      }
      return heads;
    });
  }
}
