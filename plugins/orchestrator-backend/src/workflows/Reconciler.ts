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
import { isOrchestratorId } from '@flowgate/backstage-plugin-orchestrator-common';
import type { RunRow } from '../database/RunRow';
import type { RunStore } from '../database/RunStore';
import type { OrchestratorError } from '../errors/OrchestratorError';
import { SYSTEM } from './DefinitionCatalog';
import type { EngineCalls, Engines } from './EngineCalls';

const BATCH = 100;

/** Pages of one round; what is left is looked at in the next. */
const MAX_PAGES = 20;

/** Rows that are forgotten in one round. */
const FORGET_BATCH = 500;

/** Settles starts whose answer was lost: by a crash, a time-out or a database that was away. */
export class Reconciler {
  readonly #runs: RunStore;
  readonly #engines: Engines;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  readonly #patience: number | undefined;
  readonly #lostAfter: number;
  readonly #forgetAfter: number;
  /** Where the round before stopped; undefined where it came to the end. */
  #position: RunRow | undefined;
  /** What failed in the round before. */
  #failing = new Set<string>();

  /**
   * @param options - all in milliseconds. `patience`: how long a start may be under way before its answer counts as lost; default
   *   twice what its engine may take to start. `lostAfter`: how long the run of an engine that makes ids itself is waited for.
   *   `forgetAfter`: how long a run whose start was given up still gets its owner
   */
  constructor(options: {
    runs: RunStore;
    engines: Engines;
    logger: LoggerService;
    now: () => number;
    patience?: number;
    lostAfter: number;
    forgetAfter: number;
  }) {
    this.#runs = options.runs;
    this.#engines = options.engines;
    this.#logger = options.logger;
    this.#now = options.now;
    this.#patience = options.patience;
    this.#lostAfter = options.lostAfter;
    this.#forgetAfter = options.forgetAfter;
  }

  /** Settles what can be settled now. Never throws: what fails is tried again the next time. */
  async settle(): Promise<void> {
    const failing = new Set<string>();
    await this.#attempt('', failing, () => this.#settleAll(failing));
    await this.#attempt('', failing, async () => {
      const before = this.#now() - this.#forgetAfter;
      await this.#runs.forgetAbandoned(before, FORGET_BATCH);
    });
    this.#failing = failing;
  }

  async #settleAll(failing: Set<string>): Promise<void> {
    const before = this.#now() - this.#shortestPatience();
    for (let page = 0; page < MAX_PAGES; page++) {
      const rows = await this.#runs.unsettled(before, BATCH, this.#position);
      this.#position = rows.length < BATCH ? undefined : rows[BATCH - 1];
      const byEngine = new Map<string, RunRow[]>();
      for (const row of rows) {
        const { engineId } = row;
        byEngine.set(engineId, [...(byEngine.get(engineId) ?? []), row]);
      }
      for (const [engineId, its] of byEngine) {
        // One that does not answer is not asked again in this round.
        if (failing.has(engineId)) continue;
        await this.#attempt(engineId, failing, () =>
          this.#settleOn(this.#engines.get(engineId), its),
        );
      }
      if (!this.#position) return;
    }
  }

  #patienceOf(calls: EngineCalls): number {
    return this.#patience ?? 2 * calls.startTimeout;
  }

  #shortestPatience(): number {
    const all = this.#engines.all().map(calls => this.#patienceOf(calls));
    return all.length > 0 ? Math.min(...all) : 0;
  }

  async #attempt(
    what: string,
    failing: Set<string>,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      failing.add(what);
      if (this.#failing.has(what)) return;
      this.#logger.warn(
        `Starts whose answer was lost cannot be settled at the moment: ${
          (error as Error).message
        }`,
      );
    }
  }

  async #settleOn(calls: EngineCalls, rows: readonly RunRow[]): Promise<void> {
    const before = this.#now() - this.#patienceOf(calls);
    const due = rows.filter(row => row.reservedAt! < before);
    if (due.length === 0) return;
    const started = await this.#startedOn(calls, due);
    const { acceptsRunId } = calls.engine.capabilities;
    for (const row of due) {
      const id = started.get(row.id);
      if (id !== undefined && (await this.#confirm(calls, row, id))) continue;
      if (acceptsRunId) {
        // The engine knows all ids that it was given, and does not have this one.
        await this.#runs.release(row.id, { code: 'engine.unavailable' });
      } else if (row.reservedAt! < this.#now() - this.#lostAfter) {
        await this.#runs.abandon(
          row.id,
          { code: 'engine.unavailable', meta: { outcome: 'unknown' } },
          this.#now(),
        );
      }
    }
  }

  /** @returns false where the id cannot be that of the run */
  async #confirm(
    calls: EngineCalls,
    row: RunRow,
    id: string,
  ): Promise<boolean> {
    if (!isOrchestratorId(id)) return false;
    try {
      // The state is as at a start: how the run went on, the feed tells.
      await this.#runs.confirm(row, { id, state: 'ACTIVE' });
      return true;
    } catch (error) {
      // Of this start only: the others are settled nevertheless.
      const { code } = error as OrchestratorError;
      if (code !== 'engine.bad_answer') throw error;
      this.#logger.warn(
        `Engine "${calls.id}" says of a start that it made a run of somebody else`,
      );
      return false;
    }
  }

  /** The ids of the runs that were started, by those of their reservations. */
  async #startedOn(
    calls: EngineCalls,
    rows: readonly RunRow[],
  ): Promise<ReadonlyMap<string, string>> {
    const ids = rows.map(({ id }) => id);
    return calls.call(SYSTEM, async (engine, call) => {
      if (engine.capabilities.acceptsRunId) {
        const runs = await engine.getMany(ids, call);
        return new Map([...runs.keys()].map(id => [id, id]));
      }
      const starts = rows.map(({ id, workflowId }) => ({
        runId: id,
        definitionId: workflowId,
      }));
      return (await engine.findStarted?.(starts, call)) ?? new Map();
    });
  }
}
