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
import type { RunRow } from '../database/RunRow';
import type { RunStore } from '../database/RunStore';
import { SYSTEM } from './DefinitionCatalog';
import type { Engines } from './EngineCalls';

const BATCH = 100;

/** Settles starts whose answer was lost: by a crash, a time-out or a database that was away. */
export class Reconciler {
  readonly #runs: RunStore;
  readonly #engines: Engines;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  readonly #patience: number;

  /**
   * @param options - `patience`: how long a start may be under way before its answer counts as lost; milliseconds, longer
   *   than the time-out of a start
   */
  constructor(options: {
    runs: RunStore;
    engines: Engines;
    logger: LoggerService;
    now: () => number;
    patience: number;
  }) {
    this.#runs = options.runs;
    this.#engines = options.engines;
    this.#logger = options.logger;
    this.#now = options.now;
    this.#patience = options.patience;
  }

  /** Settles what can be settled now. Never throws: what fails is tried again the next time. */
  async settle(): Promise<void> {
    await this.#attempt(async () => {
      const before = this.#now() - this.#patience;
      const byEngine = new Map<string, RunRow[]>();
      for (const row of await this.#runs.unsettled(before, BATCH)) {
        byEngine.set(row.engineId, [
          ...(byEngine.get(row.engineId) ?? []),
          row,
        ]);
      }
      for (const [engineId, rows] of byEngine) {
        await this.#attempt(() => this.#settleOn(engineId, rows));
      }
    });
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#logger.warn(
        `Starts whose answer was lost cannot be settled at the moment: ${
          (error as Error).message
        }`,
      );
    }
  }

  async #settleOn(engineId: string, rows: readonly RunRow[]): Promise<void> {
    const calls = this.#engines.get(engineId);
    const started = await calls.call(SYSTEM, (engine, call) =>
      engine.getMany(
        rows.map(({ id }) => id),
        call,
      ),
    );
    for (const row of rows) {
      const run = started.get(row.id);
      if (run) {
        // The state is as at a start: how the run went on, the feed tells.
        await this.#runs.confirm(row, { id: row.id, state: 'ACTIVE' });
      } else {
        // The engine does not have it. Where it makes ids itself, the feed brings the run in with its initiator.
        await this.#runs.release(row.id, {
          code: 'engine.unavailable',
          meta: calls.engine.capabilities.acceptsRunId
            ? undefined
            : { outcome: 'unknown' },
        });
      }
    }
  }
}
