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
import type { RunChange } from '@flowgate/backstage-plugin-orchestrator-node';
import type { RunChangeStore } from '../database/RunChangeStore';
import type { RunRow } from '../database/RunRow';
import { toStorableText } from '../database/storableText';
import type { WorkflowMetrics } from '../metrics/PluginMetrics';
import { type DefinitionCatalog, SYSTEM } from './DefinitionCatalog';
import type { EngineCalls } from './EngineCalls';
import { RUN_STATES } from './search/fields';

const BATCH = 500;

/** Hints that come within this time are one; milliseconds. */
const HINT_DELAY = 20;

/** Brings the changes of one engine into the index. Any number of replicas may do so at the same time. */
export class IndexFeed {
  readonly #calls: EngineCalls;
  readonly #store: RunChangeStore;
  readonly #catalog: DefinitionCatalog;
  readonly #metrics: WorkflowMetrics;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  #pumping: Promise<void> | undefined;
  #unsubscribe: (() => void) | undefined;
  #hint: NodeJS.Timeout | undefined;
  #caughtUpAt: number;
  #again = false;
  #isFailing = false;
  #isStopped = false;
  #hasWarned = false;

  constructor(options: {
    calls: EngineCalls;
    store: RunChangeStore;
    catalog: DefinitionCatalog;
    metrics: WorkflowMetrics;
    logger: LoggerService;
    now: () => number;
  }) {
    this.#calls = options.calls;
    this.#store = options.store;
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

  /** Ends once a batch that is being stored is stored. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unsubscribe?.();
    clearTimeout(this.#hint);
    await this.#pumping;
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
      this.#caughtUpAt = this.#now();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) {
        this.#logger.warn(
          `The index cannot follow engine "${this.#calls.id}" at the moment: ${
            (error as Error).message
          }`,
        );
      }
      this.#isFailing = true;
    }
    const lag = (this.#now() - this.#caughtUpAt) / 1_000;
    this.#metrics.engineLag(this.#calls.id, Math.max(0, lag));
  }

  /** @returns whether there may be more */
  async #batch(): Promise<boolean> {
    const { id } = this.#calls;
    const asked = await this.#store.receipt(id);
    const { changes, next } = await this.#calls.call(SYSTEM, (engine, call) =>
      engine.changes(asked, { ...call, limit: BATCH }),
    );
    if (changes.length === 0 && next === asked) return false;
    const transitions = await this.#store.store(
      id,
      { asked, next, changes: changes.filter(one => this.#isSound(one)) },
      this.#now(),
      change => this.#makeRow(change),
    );
    for (const { before, after } of transitions ?? []) {
      if (before?.state !== after.state) this.#metrics.runState(after.state);
    }
    return changes.length > 0;
  }

  /** What no table takes is passed over: asked for again and again, it would hold up all that comes after it. */
  #isSound(change: RunChange): boolean {
    const isSound =
      isOrchestratorId(change.runId) &&
      isOrchestratorId(change.definitionId) &&
      RUN_STATES.includes(change.state) &&
      Number.isSafeInteger(change.revision);
    if (!isSound && !this.#hasWarned) {
      this.#hasWarned = true;
      this.#logger.warn(
        `Engine "${
          this.#calls.id
        }" tells of runs that cannot be; they are passed over`,
      );
    }
    return isSound;
  }

  /** A run that was not started through this plugin, or whose start was given up as lost. */
  #makeRow(change: RunChange): RunRow {
    const { provenance, definitionId } = change;
    // Of no kind of caller, so that nobody but those who see everybody's runs sees it.
    const initiator = provenance?.initiator ?? `engine:${this.#calls.id}`;
    const entry = this.#catalog.peek(definitionId);
    return {
      id: change.runId,
      engineId: this.#calls.id,
      workflowId: definitionId,
      version: change.version,
      name: entry?.definition.name ?? definitionId,
      workspace: toStorableText(
        provenance?.workspace ?? entry?.workspace ?? 'default',
      ),
      initiator: toStorableText(initiator),
      owner: toStorableText(provenance?.owner ?? initiator),
      actor: provenance?.actor,
      tokenId: provenance?.tokenId,
      targetEntity:
        provenance?.targetEntity && toStorableText(provenance.targetEntity),
      state: change.state,
      revision: -1,
    };
  }
}
