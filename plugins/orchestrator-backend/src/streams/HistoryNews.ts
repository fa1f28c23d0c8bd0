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

import type { EngineRunHistory } from '@flowgate/backstage-plugin-orchestrator-node';
import { invalidRequest } from '../errors/OrchestratorError';
import { SYSTEM } from '../workflows/DefinitionCatalog';
import type { EngineCalls } from '../workflows/EngineCalls';
import { isTellable } from './eventText';
import type { NewsSource, RunNews, RunPlace } from './RunNews';

/** Events of one read: what a reader that does not keep up makes this process hold. */
const PAGE = 100;

/** News from an engine that tells what happens in its runs. */
export class HistoryNews implements NewsSource {
  readonly #calls: EngineCalls;
  readonly #history: EngineRunHistory;

  constructor(calls: EngineCalls, history: EngineRunHistory) {
    this.#calls = calls;
    this.#history = history;
  }

  async read(
    { runId, cursor }: RunPlace,
    caller: string,
  ): Promise<RunNews | undefined> {
    const part = await this.#calls.call(
      caller,
      (_engine, call) =>
        this.#history.read(runId, cursor, { ...call, limit: PAGE }),
      {
        invalid: () =>
          invalidRequest([
            { path: 'query/after', message: 'is no event of this run' },
          ]),
      },
    );
    if (!part) return undefined;
    const { events, ended } = part;
    if (!events.every(isTellable)) throw this.#calls.badAnswer(events);
    const last = events[events.length - 1];
    return {
      events,
      ended,
      cursor: last ? last.id : cursor,
      hasMore: !ended && events.length >= PAGE,
    };
  }

  async behind<T extends RunPlace>(
    places: readonly T[],
  ): Promise<readonly T[]> {
    const ids = [...new Set(places.map(({ runId }) => runId))];
    const heads = await this.#calls.call(SYSTEM, (_engine, call) =>
      this.#history.heads(ids, call),
    );
    return places.filter(
      ({ runId, cursor }) =>
        cursor === undefined || heads.get(runId) !== cursor,
    );
  }
}
