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
import type { RunChange } from '@flowgate/backstage-plugin-orchestrator-node';
import type { EngineLeases } from '../database/EngineLeases';
import type { RunChangeStore } from '../database/RunChangeStore';
import type { WorkflowIdStore } from '../database/WorkflowIdStore';
import type { WorkflowMetrics } from '../metrics/PluginMetrics';
import { type DefinitionCatalog, SYSTEM } from './DefinitionCatalog';
import type { EngineCalls } from './EngineCalls';
import { makeRow, soundChange, type WorkflowPlace } from './runChanges';

const BATCH = 500;

/** For how long one replica alone follows an engine, from question to question; milliseconds. Longer than a question takes. */
const LEASE = 60_000;

/**
 * For how long a replica that could not ask an engine leaves it to others; milliseconds. As long as they need to look twice: where
 * there are none, the lists stand still meanwhile.
 */
const REST = 5_000;

/** Hints that come within this time are one; milliseconds. */
const HINT_DELAY = 20;

/**
 * Brings the changes of one engine into the index. Any number of replicas may do so at the same time; where questions cost the
 * engine too much, one at a time does.
 */
export class IndexFeed {
  readonly #calls: EngineCalls;
  readonly #store: RunChangeStore;
  readonly #leases: EngineLeases;
  readonly #ids: WorkflowIdStore;
  readonly #catalog: DefinitionCatalog;
  readonly #metrics: WorkflowMetrics;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  #pumping: Promise<void> | undefined;
  #unsubscribe: (() => void) | undefined;
  #hint: NodeJS.Timeout | undefined;
  #caughtUpAt: number;
  #again = false;
  #hasLease = false;
  #restUntil = 0;
  #isFailing = false;
  #isStopped = false;
  #hasWarned = false;

  constructor(options: {
    calls: EngineCalls;
    store: RunChangeStore;
    leases: EngineLeases;
    ids: WorkflowIdStore;
    catalog: DefinitionCatalog;
    metrics: WorkflowMetrics;
    logger: LoggerService;
    now: () => number;
  }) {
    this.#calls = options.calls;
    this.#store = options.store;
    this.#leases = options.leases;
    this.#ids = options.ids;
    this.#catalog = options.catalog;
    this.#metrics = options.metrics;
    this.#logger = options.logger;
    this.#now = options.now;
    this.#caughtUpAt = this.#now();
  }

  /** The engine that is followed. */
  get engineId(): string {
    return this.#calls.id;
  }

  /** Listens for the engine's hints. */
  begin(): void {
    this.#unsubscribe = this.#calls.engine.onChanges?.(() => {
      if (this.#isStopped) return;
      this.#hint ??= setTimeout(() => {
        this.#hint = undefined;
        void this.pump();
      }, HINT_DELAY);
    });
  }

  /** Ends once a batch that is being stored is stored; another replica may follow the engine from then on. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unsubscribe?.();
    clearTimeout(this.#hint);
    await this.#pumping;
    if (this.#calls.engine.hasExclusiveFeed) {
      await this.#leases.release(this.#calls.id);
    }
  }

  /** Stores all changes that there are. Never throws: what failed is asked for again the next time. */
  async pump(): Promise<void> {
    if (this.#isStopped) return;
    // Changes that came after the pumping under way had asked must be asked for again.
    this.#again = true;
    this.#pumping ??= this.#pumpAll();
    await this.#pumping;
  }

  async #pumpAll(): Promise<void> {
    while (this.#again && !this.#isStopped) {
      this.#again = false;
      await this.#pumpOnce();
    }
    this.#pumping = undefined;
  }

  async #pumpOnce(): Promise<void> {
    try {
      while (!this.#isStopped && (await this.#batch()));
      if (this.#now() >= this.#restUntil) {
        this.#caughtUpAt = this.#now();
        this.#isFailing = false;
      }
    } catch (error) {
      if (!this.#isFailing) {
        this.#logger.warn(
          `The index cannot follow engine "${this.#calls.id}" at the moment: ${
            (error as Error).message
          }`,
        );
      }
      this.#isFailing = true;
      await this.#giveUpLease();
    }
    const lag = (this.#now() - this.#caughtUpAt) / 1_000;
    this.#metrics.engineLag(this.#calls.id, Math.max(0, lag));
  }

  /** Another replica may reach the engine where this one does not: it gets the time to take over. */
  async #giveUpLease(): Promise<void> {
    if (!this.#hasLease) return;
    this.#hasLease = false;
    this.#restUntil = this.#now() + REST;
    try {
      await this.#leases.release(this.#calls.id);
    } catch {
      // The lease ends by itself.
    }
  }

  /** @returns whether there may be more that this replica is to ask for */
  async #batch(): Promise<boolean> {
    const { id, engine: followed } = this.#calls;
    if (followed.hasExclusiveFeed) {
      if (this.#now() < this.#restUntil) return false;
      const isMine = await this.#leases.acquire(id, LEASE);
      if (!isMine) return false;
      this.#hasLease = true;
    }
    const asked = await this.#store.receipt(id);
    const { changes, next } = await this.#calls.call(SYSTEM, (engine, call) =>
      engine.changes(asked, { ...call, limit: BATCH }),
    );
    if (changes.length === 0 && next === asked) return false;
    const sound = this.#soundOnes(changes);
    const places = await this.#placesOf(sound);
    const transitions = await this.#store.store(
      id,
      { asked, next, changes: sound },
      this.#now(),
      change => makeRow(id, change, places.get(change.definitionId)),
    );
    for (const { before, after } of transitions ?? []) {
      if (before?.state !== after.state) this.#metrics.runState(after.state);
    }
    return changes.length > 0;
  }

  /** Where the workflows of changes belong: also those that were known once, and only those of this engine. */
  async #placesOf(
    changes: readonly RunChange[],
  ): Promise<ReadonlyMap<string, WorkflowPlace>> {
    const { id: engineId } = this.#calls;
    const places = new Map<string, WorkflowPlace>();
    const unknown = new Set<string>();
    for (const { definitionId } of changes) {
      const entry = this.#catalog.peek(definitionId);
      if (entry?.engineId === engineId) {
        const { workspace, definition } = entry;
        places.set(definitionId, { workspace, name: definition.name });
      } else {
        unknown.add(definitionId);
      }
    }
    for (const claim of (await this.#ids.findAll([...unknown])).values()) {
      if (claim.engineId === engineId) places.set(claim.workflowId, claim);
    }
    return places;
  }

  /** What no table takes is passed over: asked for again and again, it would hold up all that comes after it. */
  #soundOnes(changes: readonly RunChange[]): RunChange[] {
    const sound = changes.flatMap(change => soundChange(change) ?? []);
    if (sound.length < changes.length && !this.#hasWarned) {
      this.#hasWarned = true;
      this.#logger.warn(
        `Engine "${
          this.#calls.id
        }" tells of runs that cannot be; they are passed over`,
      );
    }
    return sound;
  }
}
