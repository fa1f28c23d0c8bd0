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

import type { EngineRunEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import { isStarted, type RunRow } from '../database/RunRow';
import type { RunStore } from '../database/RunStore';
import { invalidRequest } from '../errors/OrchestratorError';
import { RUN_STATES } from '../workflows/search/fields';
import type { NewsSource, RunNews, RunPlace } from './RunNews';

const ENDED: readonly string[] = ['ERROR', 'COMPLETED', 'ABORTED'];

const CURSOR = /^\d{1,16}\.([A-Z]+)$/;

function cursorOf({ revision, state }: RunRow): string {
  return `${Math.max(0, revision)}.${state}`;
}

function stateAt(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const state = CURSOR.exec(cursor)?.[1];
  if (!RUN_STATES.some(known => known === state)) {
    throw invalidRequest([
      { path: 'query/after', message: 'is no event of this run' },
    ]);
  }
  return state;
}

/** News of runs whose engine tells none: how their state changes, as the index comes to know it. */
export class IndexNews implements NewsSource {
  readonly #runs: RunStore;

  constructor(runs: RunStore) {
    this.#runs = runs;
  }

  async read({ runId, cursor }: RunPlace): Promise<RunNews | undefined> {
    const before = stateAt(cursor);
    const [row] = await this.#runs.findMany([runId]);
    if (!row || !isStarted(row)) return undefined;
    const id = cursorOf(row);
    const ended = ENDED.includes(row.state) || row.lostAt !== undefined;
    // What goes on is counted with every step; one that failed once more, only once more.
    const isNew = ended ? id !== cursor : row.state !== before;
    const event: EngineRunEvent = {
      id,
      kind: 'state',
      time: new Date(row.end ?? row.start).toISOString(),
      detail: { state: row.state },
    };
    return { events: isNew ? [event] : [], cursor: id, ended, hasMore: false };
  }

  async behind<T extends RunPlace>(
    places: readonly T[],
  ): Promise<readonly T[]> {
    const ids = [...new Set(places.map(({ runId }) => runId))];
    const rows = await this.#runs.findMany(ids);
    const heads = new Map(rows.map(row => [row.id, cursorOf(row)]));
    return places.filter(({ runId, cursor }) => heads.get(runId) !== cursor);
  }
}
