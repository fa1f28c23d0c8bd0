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
  LoggerService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import type { EndedPlace, EndedRunStore } from '../database/EndedRunStore';
import { SYSTEM } from './DefinitionCatalog';
import type { EngineCalls, Engines } from './EngineCalls';

/** Runs of one step, which is one call of the engine and one transaction. */
const BATCH = 200;

const FREQUENCY = { hours: 1 };
const TIMEOUT = { hours: 1 };
const INITIAL_DELAY = { minutes: 2 };

/**
 * Deletes runs some time after they have ended: at their engine first, so that what is left in between is found again by the index.
 * Runs of engines that do not delete any are kept.
 */
export class RunRetention {
  readonly #store: EndedRunStore;
  readonly #engines: Engines;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  readonly #keep: number;

  /** @param options - `keep`: for how long a run is kept that has ended; milliseconds */
  constructor(options: {
    store: EndedRunStore;
    engines: Engines;
    logger: LoggerService;
    now: () => number;
    keep: number;
  }) {
    this.#store = options.store;
    this.#engines = options.engines;
    this.#logger = options.logger;
    this.#now = options.now;
    this.#keep = options.keep;
  }

  /** Has old runs deleted every hour, by one replica at a time. */
  async schedule(scheduler: SchedulerService): Promise<void> {
    await scheduler.scheduleTask({
      id: 'orchestrator-run-retention',
      frequency: FREQUENCY,
      timeout: TIMEOUT,
      initialDelay: INITIAL_DELAY,
      scope: 'global',
      fn: async signal => {
        await this.prune(signal);
      },
    });
  }

  /**
   * Deletes all runs that are too old, in small steps.
   *
   * @returns how many are gone
   */
  async prune(signal?: AbortSignal): Promise<number> {
    let count = 0;
    for (const calls of this.#engines.all()) {
      if (!calls.engine.deleteRuns) continue;
      try {
        for await (const deleted of this.#steps(calls)) {
          count += deleted;
          if (signal?.aborted) break;
        }
      } catch (error) {
        this.#logger.warn(
          `Old runs of engine "${calls.id}" cannot be deleted at the moment: ${
            (error as Error).message
          }`,
        );
      }
    }
    if (count > 0)
      this.#logger.info(`Deleted ${count} runs that ended long ago`);
    return count;
  }

  /** A run that the engine keeps is passed over until the next round. */
  async *#steps(calls: EngineCalls): AsyncGenerator<number> {
    const before = this.#now() - this.#keep;
    let after: EndedPlace | undefined;
    for (;;) {
      const runs = await this.#store.endedBefore(
        calls.id,
        before,
        after,
        BATCH,
      );
      if (runs.length === 0) return;
      const ids = runs.map(({ id }) => id);
      const gone = new Set(
        await calls.call(SYSTEM, (engine, call) =>
          engine.deleteRuns!(ids, call),
        ),
      );
      yield await this.#store.delete(ids.filter(id => gone.has(id)));
      after = runs[runs.length - 1];
    }
  }
}
