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
import {
  isOrchestratorId,
  reservedWorkflowIds,
} from '@flowgate/backstage-plugin-orchestrator-common';
import type { EngineDefinition } from '@flowgate/backstage-plugin-orchestrator-node';
import { isStorableText } from '../database/storableText';
import type { WorkflowIdStore } from '../database/WorkflowIdStore';
import type { WorkflowFacts } from '../grants/criteria';
import type { EngineCalls, Engines } from './EngineCalls';

/** The plugin itself, where it asks an engine without a caller. */
export const SYSTEM = 'system';

/** A look-up of an unknown id asks the engines at most once in this time; milliseconds. */
const MISS_INTERVAL = 1_000;

/** A workflow as the catalog knows it. */
export interface CatalogEntry extends WorkflowFacts {
  readonly engineId: string;
  readonly definition: EngineDefinition;
}

/**
 * The definitions of all engines. An engine that does not answer keeps those that it had, as unavailable; an id belongs to the
 * engine and the workspace that had it first, and is hidden elsewhere.
 */
export class DefinitionCatalog {
  readonly #engines: Engines;
  readonly #ids: WorkflowIdStore;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  readonly #listed = new Map<string, readonly EngineDefinition[]>();
  readonly #warned = new Set<string>();
  #entries: ReadonlyMap<string, CatalogEntry> | undefined;
  /** What engines had that have not answered this process yet. It may be gone: looked up only, never listed. */
  #remembered: ReadonlyMap<string, CatalogEntry> = new Map();
  #refreshing: Promise<void> | undefined;
  #refreshedAt = 0;

  constructor(options: {
    engines: Engines;
    ids: WorkflowIdStore;
    logger: LoggerService;
    now: () => number;
  }) {
    this.#engines = options.engines;
    this.#ids = options.ids;
    this.#logger = options.logger;
    this.#now = options.now;
  }

  /** All workflows that are not hidden. */
  async all(): Promise<CatalogEntry[]> {
    return [...(await this.#known()).values()];
  }

  /** A workflow, or undefined where there is none. Looks again before it says so, at a bounded rate. */
  async find(workflowId: string): Promise<CatalogEntry | undefined> {
    const found = (await this.#known()).get(workflowId);
    if (found || this.#now() - this.#refreshedAt < MISS_INTERVAL) {
      return found ?? this.#remembered.get(workflowId);
    }
    await this.#join();
    return this.#lookUp(workflowId);
  }

  /** A workflow as its engine has it now; for decisions that a stale answer would make wrong. */
  async findFresh(workflowId: string): Promise<CatalogEntry | undefined> {
    await this.refresh();
    return this.#lookUp(workflowId);
  }

  /** What was known last, without asking anybody. */
  peek(workflowId: string): CatalogEntry | undefined {
    return this.#entries?.get(workflowId);
  }

  /** Asks all engines, after this call and not before it. */
  async refresh(): Promise<void> {
    const before = this.#refreshing;
    if (before) {
      await before.catch(() => {});
    }
    await this.#join();
  }

  async #known(): Promise<ReadonlyMap<string, CatalogEntry>> {
    if (!this.#entries) await this.#join();
    return this.#entries!;
  }

  async #lookUp(workflowId: string): Promise<CatalogEntry | undefined> {
    const entry = (await this.#known()).get(workflowId);
    return entry ?? this.#remembered.get(workflowId);
  }

  /** The workflows of engines that have never answered this process: there, as far as anybody knows, and not available. */
  async #remember(): Promise<Map<string, CatalogEntry>> {
    const silent = this.#engines
      .all()
      .filter(({ id }) => !this.#listed.has(id));
    const remembered = new Map<string, CatalogEntry>();
    for (const { id: engineId } of silent) {
      for (const claim of await this.#ids.ofEngine(engineId)) {
        const { workflowId, workspace } = claim;
        const definition: EngineDefinition = {
          id: workflowId,
          workspace,
          format: 'yaml',
          origin: 'remote',
          failOnValidationErrors: false,
          available: false,
          unavailableReason: `Engine "${engineId}" does not answer`,
        };
        remembered.set(workflowId, {
          workflowId,
          workspace,
          engineId,
          definition,
        });
      }
    }
    return remembered;
  }

  /** Waits for the refresh that is under way, or for a new one. */
  #join(): Promise<void> {
    this.#refreshing ??= this.#load().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #load(): Promise<void> {
    const lists = await Promise.all(
      this.#engines.all().map(engine => this.#list(engine)),
    );
    const candidates = lists.flat().filter(entry => this.#isServable(entry));
    const owners = await this.#ids.claim(candidates);
    const entries = new Map<string, CatalogEntry>();
    for (const entry of candidates) {
      const owner = owners.get(entry.workflowId);
      if (!owner) continue;
      const { workflowId, workspace, engineId } = entry;
      if (owner.engineId !== engineId) {
        this.#warn(
          `Workflow "${workflowId}" of engine "${engineId}" is hidden: the id belongs to engine "${owner.engineId}", which had it first`,
        );
        continue;
      }
      if (owner.workspace !== workspace) {
        if (!entry.definition.available) {
          // An engine that cannot read a definition now may not know its workspace either; it stays where it was.
          entries.set(workflowId, { ...entry, workspace: owner.workspace });
          continue;
        }
        if (entry.definition.origin !== 'http') {
          this.#warn(
            `Workflow "${workflowId}" is hidden: it says workspace "${workspace}", but the id belongs to workspace "${owner.workspace}", which had it first`,
          );
          continue;
        }
        // It was moved by somebody who may write in both workspaces; only the note of it was lost.
        await this.#ids.move(workflowId, workspace);
      }
      entries.set(workflowId, entry);
    }
    this.#remembered = await this.#remember();
    this.#entries = entries;
    this.#refreshedAt = this.#now();
  }

  async #list(calls: EngineCalls): Promise<CatalogEntry[]> {
    let definitions: readonly EngineDefinition[];
    try {
      const known = new Map(
        this.#listed.get(calls.id)?.map(one => [JSON.stringify(one), one]),
      );
      const listed = await calls.call(SYSTEM, (engine, call) =>
        engine.listDefinitions(call),
      );
      // What did not change stays the same object: what is derived from it is then derived once.
      definitions = listed.map(one => known.get(JSON.stringify(one)) ?? one);
      this.#listed.set(calls.id, definitions);
    } catch {
      definitions = (this.#listed.get(calls.id) ?? []).map(one => ({
        ...one,
        available: false,
        unavailableReason: `Engine "${calls.id}" does not answer`,
      }));
    }
    return definitions.map(definition => ({
      workflowId: definition.id,
      workspace: definition.workspace,
      engineId: calls.id,
      definition,
    }));
  }

  #isServable({ workflowId, workspace, engineId }: CatalogEntry): boolean {
    if (reservedWorkflowIds.includes(workflowId)) {
      this.#warn(
        `Workflow "${workflowId}" of engine "${engineId}" is hidden: the id is reserved`,
      );
      return false;
    }
    if (!isOrchestratorId(workflowId)) {
      this.#warn(
        `A workflow of engine "${engineId}" is hidden: its id has characters that ids cannot have`,
      );
      return false;
    }
    if (!isStorableText(workspace)) {
      this.#warn(
        `Workflow "${workflowId}" of engine "${engineId}" is hidden: its workspace has characters that names cannot have`,
      );
      return false;
    }
    return true;
  }

  #warn(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#logger.warn(message);
  }
}
