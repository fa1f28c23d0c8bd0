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
  DefinitionSource,
  EngineDefinition,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { EmbeddedEngineConfig } from '../config/EngineConfig';
import type { Clock } from '../host/clock';
import type { Evaluator } from '../jq/Evaluator';
import {
  compileDefinition,
  type CompiledDefinition,
  definitionId,
} from '../language/compileDefinition';
import type { Addresses } from '../language/compileFunctions';
import type { WorkflowDefinition } from '../language/Definition';
import {
  DefinitionFaultsError,
  readDefinition,
} from '../language/readDefinition';
import type { Egress } from '../rest/Egress';
import { type DefinitionStore, hashOf } from '../store/DefinitionStore';
import { readBeside, readFolders } from './FolderDefinitions';

/** A definition with its text. */
export interface RegistryEntry {
  readonly id: string;
  readonly source: DefinitionSource;
  readonly hash: string;
  readonly origin: 'folder' | 'http';
  readonly workspace: string;
  /** Absent where it cannot run. */
  readonly compiled?: CompiledDefinition;
  /** Why it cannot run. */
  readonly reason?: string;
}

/** Compiled definitions that are kept in memory. */
const MAX_CACHED = 1_000;
/** How long another process's change of a definition may go unseen. */
const RECENT_MS = 1_000;
const DEFAULT_WORKSPACE = 'default';

/** What a registry is made of. */
export interface DefinitionRegistryOptions {
  readonly store: DefinitionStore;
  readonly evaluator: Evaluator;
  readonly egress: Egress;
  readonly config: EmbeddedEngineConfig;
  readonly logger: LoggerService;
  readonly clock: Clock;
}

/** The definitions of the engine: those of folders, which are read once, and those that were registered. */
export class DefinitionRegistry {
  readonly #options: DefinitionRegistryOptions;
  readonly #addresses: Addresses;
  readonly #compiled = new Map<string, Promise<CompiledDefinition>>();
  readonly #kept = new Set<string>();
  /** Registered definitions by id, for a moment: starts come in crowds. */
  readonly #recent = new Map<
    string,
    { readonly until: number; readonly entry?: RegistryEntry }
  >();
  #folders?: Promise<Map<string, RegistryEntry>>;

  constructor(options: DefinitionRegistryOptions) {
    this.#options = options;
    this.#addresses = {
      baseUrl: name => options.config.functions.get(name)?.baseUrl,
      allows: url => options.egress.allows(url),
    };
  }

  /** Reads the folders; later calls wait for the first. */
  async load(): Promise<void> {
    await this.#fromFolders();
  }

  /** All definitions, by id. */
  async list(): Promise<RegistryEntry[]> {
    const folders = await this.#fromFolders();
    const registered = await this.#options.store.registered();
    const entries = [...folders.values()];
    for (const [id, hash] of registered) {
      if (!folders.has(id)) {
        const entry = await this.#registeredEntry(id, hash);
        if (entry !== undefined) {
          entries.push(entry);
        }
      }
    }
    return entries;
  }

  /** A definition, or undefined where there is none. */
  async find(id: string): Promise<RegistryEntry | undefined> {
    const entry = (await this.#fromFolders()).get(id);
    if (entry !== undefined) {
      return entry;
    }
    const now = this.#options.clock.now();
    const recent = this.#recent.get(id);
    if (recent !== undefined && now < recent.until) {
      return recent.entry;
    }
    const hash = await this.#options.store.registeredHash(id);
    if (hash === undefined) {
      return undefined;
    }
    const found = await this.#registeredEntry(id, hash);
    if (this.#recent.size >= MAX_CACHED) {
      this.#recent.clear();
    }
    this.#recent.set(id, { until: now + RECENT_MS, entry: found });
    return found;
  }

  /** A registered definition has changed, here. */
  changed(id: string): void {
    this.#recent.delete(id);
  }

  /** Whether a folder has a definition of this id. */
  async isFromFolder(id: string): Promise<boolean> {
    return (await this.#fromFolders()).has(id);
  }

  /**
   * Checks a text.
   *
   * @throws DefinitionFaultsError
   */
  async check(source: DefinitionSource): Promise<CompiledDefinition> {
    return this.#compile(source, async reference => {
      throw new Error(
        `${JSON.stringify(reference).slice(
          0,
          200,
        )}: a registered definition has no files beside it; write the schema into it`,
      );
    });
  }

  /** Keeps the text of a definition for the runs that need it. */
  async keep(entry: RegistryEntry): Promise<void> {
    if (!this.#kept.has(entry.hash)) {
      await this.#options.store.keep(entry.source);
      this.#kept.add(entry.hash);
    }
  }

  /**
   * The definition that a run was started with.
   *
   * @throws DefinitionFaultsError where it cannot run here any more
   */
  async byHash(hash: string): Promise<WorkflowDefinition> {
    const compiled = await this.#cached(hash, async () => {
      const source = await this.#options.store.source(hash);
      if (source === undefined) {
        throw new DefinitionFaultsError([
          { path: '', message: 'The definition of the run is gone' },
        ]);
      }
      // A run that is under way has passed its input schema.
      return this.#compile(source, async () => ({}));
    });
    return compiled.definition;
  }

  #cached(
    hash: string,
    compile: () => Promise<CompiledDefinition>,
  ): Promise<CompiledDefinition> {
    let compiled = this.#compiled.get(hash);
    if (compiled === undefined) {
      compiled = compile();
      if (this.#compiled.size >= MAX_CACHED) {
        const [oldest] = this.#compiled.keys();
        this.#compiled.delete(oldest);
      }
      this.#compiled.set(hash, compiled);
      compiled.catch(() => this.#compiled.delete(hash));
    }
    return compiled;
  }

  async #registeredEntry(
    id: string,
    hash: string,
  ): Promise<RegistryEntry | undefined> {
    const source = await this.#options.store.source(hash);
    if (source === undefined) {
      return undefined;
    }
    return this.#entry(id, source, 'http', undefined, () =>
      this.#cached(hash, () => this.check(source)),
    );
  }

  async #entry(
    id: string,
    source: DefinitionSource,
    origin: RegistryEntry['origin'],
    workspace: string | undefined,
    compile: () => Promise<CompiledDefinition>,
  ): Promise<RegistryEntry> {
    const base = { id, source, hash: hashOf(source), origin };
    try {
      const compiled = await compile();
      return {
        ...base,
        compiled,
        workspace:
          compiled.definition.workspace ?? workspace ?? DEFAULT_WORKSPACE,
      };
    } catch (error) {
      if (!(error instanceof DefinitionFaultsError)) {
        throw error;
      }
      return {
        ...base,
        reason: error.message,
        workspace: workspace ?? DEFAULT_WORKSPACE,
      };
    }
  }

  #compile(
    source: DefinitionSource,
    readSchema: (
      reference: string,
    ) => Promise<import('@backstage/types').JsonObject>,
  ): Promise<CompiledDefinition> {
    const { config, evaluator } = this.#options;
    const document = readDefinition(
      source.source,
      source.format,
      config.limits.definitionBytes,
    );
    return compileDefinition(document, {
      addresses: this.#addresses,
      hasSecret: (name, workflowId) =>
        config.secrets.get(name)?.workflows.includes(workflowId) === true,
      inspect: texts => evaluator.inspect(texts),
      readSchema,
    });
  }

  #fromFolders(): Promise<Map<string, RegistryEntry>> {
    this.#folders ??= this.#readFolders().catch(error => {
      this.#folders = undefined;
      throw error;
    });
    return this.#folders;
  }

  async #readFolders(): Promise<Map<string, RegistryEntry>> {
    const { config, logger } = this.#options;
    const maxBytes = config.limits.definitionBytes;
    const entries = new Map<string, RegistryEntry>();
    for (const file of await readFolders(config.definitions, {
      logger,
      maxBytes,
    })) {
      const refused = (reason: string) =>
        logger.error(`Workflow definition ${file.path} is refused: ${reason}`);
      let id;
      try {
        id = definitionId(readDefinition(file.source, file.format, maxBytes));
      } catch (error) {
        refused((error as Error).message);
        continue;
      }
      if (id === undefined) {
        refused(
          'it has no id of letters, digits, dots, dashes and underscores',
        );
        continue;
      }
      if (entries.has(id)) {
        refused(`another file has the id ${id}`);
        continue;
      }
      const source = { source: file.source, format: file.format };
      const entry = await this.#entry(
        id,
        source,
        'folder',
        file.workspace,
        async () =>
          this.#compile(source, reference =>
            readBeside(file.path, reference, maxBytes),
          ),
      );
      entries.set(id, entry);
      if (entry.reason !== undefined) {
        refused(entry.reason);
      }
      for (const warning of entry.compiled?.warnings ?? []) {
        logger.warn(`Workflow definition ${file.path}: ${warning}`);
      }
    }
    return entries;
  }
}

/** A definition as the engine shows it. */
export function toEngineDefinition(entry: RegistryEntry): EngineDefinition {
  const definition = entry.compiled?.definition;
  return {
    id: entry.id,
    name: definition?.name ?? entry.id,
    description: definition?.description,
    version: definition?.version,
    format: entry.source.format,
    workspace: entry.workspace,
    origin: entry.origin,
    inputSchema: definition?.inputSchema,
    failOnValidationErrors: definition?.failOnValidationErrors ?? true,
    available: definition !== undefined,
    unavailableReason: entry.reason,
  };
}
