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
import type {
  RunStanding,
  RunState,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { EngineLeases } from '../database/EngineLeases';
import type {
  LostRunStore,
  RunPlace,
  RunWalk,
  WorkflowRunCount,
} from '../database/LostRunStore';
import type { Loss, StartedRun } from '../database/RunRow';
import { SYSTEM } from './DefinitionCatalog';
import type { EngineCalls } from './EngineCalls';

const BATCH = 200;

/** Batches of one round for each of its two parts; what is left is looked at in the next. */
const MAX_BATCHES = 100;

/** Workflows of one question for counts. */
const COUNTED = 100;

/** A run is not missed until its engine has had this time to tell of it; milliseconds. */
export const SETTLING = 5 * 60_000;

/** For how long this replica checks alone, from batch to batch; milliseconds. */
const LEASE = 60_000;

/** States in which a run has not ended for good. */
const UNFINISHED: readonly RunState[] = [
  'ACTIVE',
  'PENDING',
  'SUSPENDED',
  'ERROR',
];

/** A walk that stopped somewhere. */
interface Stop {
  readonly walk: RunWalk;
  readonly after?: RunPlace;
}

/**
 * Compares the index with an engine that can lose runs without a word: those that have not ended, which nothing goes on with, and
 * those that have, of which it has fewer than the index.
 */
export class IndexCheck {
  readonly #calls: EngineCalls;
  readonly #store: LostRunStore;
  readonly #leases: EngineLeases;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  /** Where the round before stopped, for each of the two parts. */
  #unfinished: Stop | undefined;
  #ended: Stop | undefined;
  #isFailing = false;
  #isDoubted = false;

  constructor(options: {
    calls: EngineCalls;
    store: LostRunStore;
    leases: EngineLeases;
    logger: LoggerService;
    now: () => number;
  }) {
    this.#calls = options.calls;
    this.#store = options.store;
    this.#leases = options.leases;
    this.#logger = options.logger;
    this.#now = options.now;
  }

  /** Compares once, unless another replica follows the engine. Never throws: what fails is compared the next time. */
  async check(): Promise<void> {
    const { engine, id } = this.#calls;
    if (!engine.standings || !engine.countRuns) return;
    try {
      if (!(await this.#isMine())) return;
      await this.#compare();
      if (!engine.hasExclusiveFeed) await this.#leases.release(id);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) {
        this.#logger.warn(
          `The index cannot be compared with engine "${id}" at the moment: ${
            (error as Error).message
          }`,
        );
      }
      this.#isFailing = true;
      // Another replica may reach the engine.
      await this.#leases.release(id).catch(() => {});
    }
  }

  #isMine(): Promise<boolean> {
    return this.#leases.acquire(this.#calls.id, LEASE);
  }

  async #compare(): Promise<void> {
    const ours = await this.#store.counts(this.#calls.id);
    if (ours.length === 0) return;
    const theirs = await this.#count(ours);
    const all = [...theirs.values()].reduce((sum, runs) => sum + runs, 0);
    // One that knows nothing at all has more likely not found its data yet than lost all of it.
    if (all === 0) {
      if (!this.#isDoubted) {
        this.#logger.warn(
          `Engine "${
            this.#calls.id
          }" says that it has no runs, though the index has some: it is not believed`,
        );
      }
      this.#isDoubted = true;
      return;
    }
    this.#isDoubted = false;
    const before = this.#now() - SETTLING;
    const { id: engineId } = this.#calls;
    const unfinished = UNFINISHED.map(state => ({ engineId, state, before }));
    // The second part is done also where the first fails.
    const [first] = await Promise.allSettled([
      this.#walkAll(unfinished, this.#unfinished, stop => {
        this.#unfinished = stop;
      }),
    ]);
    // Counted now, since those that were just found to be gone are missed no more.
    const missed = (await this.#store.counts(engineId))
      .filter(({ workflowId, runs, gone }) => {
        const count = theirs.get(workflowId);
        return count !== undefined && count < runs - gone;
      })
      .map(({ workflowId }) => ({ engineId, workflowId, before }));
    await this.#walkAll(missed, this.#ended, stop => {
      this.#ended = stop;
    });
    if (first.status === 'rejected') throw first.reason;
  }

  async #count(
    ours: readonly WorkflowRunCount[],
  ): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (let index = 0; index < ours.length; index += COUNTED) {
      const ids = ours
        .slice(index, index + COUNTED)
        .map(({ workflowId }) => workflowId);
      const counted = await this.#calls.call(SYSTEM, (engine, call) =>
        engine.countRuns!(ids, call),
      );
      for (const [id, runs] of counted) counts.set(id, runs);
    }
    return counts;
  }

  /**
   * @param stop - where the round before stopped
   * @param save - keeps where this one is; past a batch that fails, so that it does not fail at the same one for ever
   */
  async #walkAll(
    walks: readonly RunWalk[],
    stop: Stop | undefined,
    save: (stop: Stop | undefined) => void,
  ): Promise<void> {
    const isSame = (walk: RunWalk) =>
      walk.state === stop?.walk.state &&
      walk.workflowId === stop?.walk.workflowId;
    const first = Math.max(0, walks.findIndex(isSame));
    let left = MAX_BATCHES;
    for (const walk of walks.slice(first)) {
      let after = isSame(walk) ? stop?.after : undefined;
      for (;;) {
        save({ walk, after });
        if (left === 0 || !(await this.#isMine())) return;
        const runs = await this.#store.next(walk, after, BATCH);
        if (runs.length === 0) break;
        left -= 1;
        after = runs[runs.length - 1];
        save({ walk, after });
        await this.#look(runs);
      }
    }
    save(undefined);
  }

  async #look(runs: readonly StartedRun[]): Promise<void> {
    const standings = await this.#calls.call(SYSTEM, (engine, call) =>
      engine.standings!(
        runs.map(({ id }) => id),
        call,
      ),
    );
    const lost = await this.#store.write(
      runs,
      run => lossOf(run, standings.get(run.id)),
      this.#now(),
    );
    if (lost > 0) {
      this.#logger.warn(
        `Engine "${
          this.#calls.id
        }" has lost ${lost} runs that the index has; they are shown as lost`,
      );
    }
  }
}

/** How a run was lost, if it was. What has ended has nothing that it could go on with. */
function lossOf(
  run: StartedRun,
  standing: RunStanding | undefined,
): Loss | undefined {
  if (standing === undefined) return 'gone';
  return standing === 'lost' && UNFINISHED.includes(run.state)
    ? 'stuck'
    : undefined;
}
