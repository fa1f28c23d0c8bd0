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
  type EmbeddedEngineConfig,
  mayReachWorkspace,
} from '../config/EngineConfig';
import type { Clock } from '../host/clock';
import type { CompiledDefinition } from '../language/compileDefinition';
import type { WorkflowDefinition } from '../language/Definition';
import type { DefinitionHead } from '../language/definitionHead';
import { DefinitionFaultsError } from '../language/readDefinition';
import type {
  DefinitionStore,
  KeptDefinition,
  RegisteredRow,
} from '../store/DefinitionStore';
import { type DefinitionCompiler, noFiles } from './DefinitionCompiler';
import { checkSubFlows } from './checkSubFlows';
import type { FolderEntries } from './FolderEntries';
import { loadFolders } from './loadFolders';
import { makeEntry, type RegistryEntry } from './RegistryEntry';

/** Definitions that are kept in memory beside those of folders. */
const MAX_CACHED = 2_000;
/** How long another process's change of a definition may go unseen. */
const RECENT_MS = 1_000;
/** How long a text that was kept surely stays: it is deleted a day after that at the earliest. */
const KEPT_MS = 60 * 60 * 1_000;

/** What a registry is made of. */
export interface DefinitionRegistryOptions {
  readonly store: DefinitionStore;
  readonly compiler: DefinitionCompiler;
  readonly config: EmbeddedEngineConfig;
  readonly logger: LoggerService;
  readonly clock: Clock;
}

/** Keeps what was put in last, within bounds. */
function remember<T>(cache: Map<string, T>, key: string, value: T): void {
  if (cache.size >= MAX_CACHED) {
    const [oldest] = cache.keys();
    cache.delete(oldest);
  }
  cache.set(key, value);
}

/** The definitions of the engine: those of folders, which are read once, and those that were registered. */
export class DefinitionRegistry {
  readonly #options: DefinitionRegistryOptions;
  /** Definitions of runs, by hash. */
  readonly #running = new Map<string, Promise<CompiledDefinition>>();
  /** Registered definitions, by hash: a text never changes under it. */
  readonly #entries = new Map<string, RegistryEntry>();
  /** Registered definitions by id, for a moment: starts come in crowds. */
  readonly #recent = new Map<
    string,
    { readonly until: number; readonly entry: RegistryEntry }
  >();
  readonly #kept = new Map<string, number>();
  #folders?: Promise<FolderEntries>;
  #generation = 0;

  constructor(options: DefinitionRegistryOptions) {
    this.#options = options;
  }

  /** Reads the folders; later calls wait for the first. */
  async load(): Promise<void> {
    await this.#fromFolders();
  }

  /** All definitions. */
  async list(): Promise<RegistryEntry[]> {
    const folders = await this.#fromFolders();
    const registered = await this.#options.store.registered();
    const wanted = registered.filter(({ id }) => !folders.has(id));
    const entries = await this.#read(wanted);
    return [...folders.values(), ...entries];
  }

  /** A definition, or undefined where there is none. */
  async find(id: string): Promise<RegistryEntry | undefined> {
    const fromFolder = (await this.#fromFolders()).get(id);
    if (fromFolder !== undefined) {
      return fromFolder;
    }
    const now = this.#options.clock.now();
    const recent = this.#recent.get(id);
    if (recent !== undefined && now < recent.until) {
      return recent.entry;
    }
    const registered = await this.#options.store.find(id);
    if (registered === undefined) {
      return undefined;
    }
    const [entry] = await this.#read([registered]);
    if (entry !== undefined) {
      remember(this.#recent, id, { until: now + RECENT_MS, entry });
    }
    return entry;
  }

  /** Grows with each change of a registered definition here; those of other processes are not seen. */
  get generation(): number {
    return this.#generation;
  }

  /** A registered definition has changed, here. */
  changed(id: string): void {
    this.#generation += 1;
    this.#recent.delete(id);
  }

  /** Whether a folder has a definition of this id. */
  async isFromFolder(id: string): Promise<boolean> {
    return (await this.#fromFolders()).has(id);
  }

  /**
   * Checks a text that is to be registered.
   *
   * @throws DefinitionFaultsError
   */
  async check(definition: KeptDefinition): Promise<CompiledDefinition> {
    const { compiler, config } = this.#options;
    const compiled = await compiler.compile(definition, noFiles);
    const { faults, warnings } = await checkSubFlows(
      compiled,
      (from, to) => mayReachWorkspace(config.events, from, to),
      id => this.#head(id),
    );
    if (faults.length > 0) {
      throw new DefinitionFaultsError(faults);
    }
    return { ...compiled, warnings: [...compiled.warnings, ...warnings] };
  }

  /** What is known of a definition, without its text. */
  async #head(id: string): Promise<DefinitionHead | undefined> {
    return (
      (await this.#fromFolders()).get(id) ??
      (await this.#options.store.find(id))
    );
  }

  /** Keeps the text of a definition for the runs that need it. */
  async keep(entry: RegistryEntry): Promise<void> {
    const now = this.#options.clock.now();
    const until = this.#kept.get(entry.hash);
    if (until === undefined || until <= now) {
      await this.#options.store.keep(entry.source);
      remember(this.#kept, entry.hash, now + KEPT_MS);
    }
  }

  /**
   * The definition that a run was started with.
   *
   * @throws DefinitionFaultsError where it cannot run here any more
   */
  async byHash(hash: string): Promise<WorkflowDefinition> {
    let compiled = this.#running.get(hash);
    if (compiled === undefined) {
      compiled = this.#compileForRun(hash);
      remember(this.#running, hash, compiled);
      // What failed may come right: a database that was away, or a configuration after a restart.
      compiled.catch(() => this.#running.delete(hash));
    }
    return (await compiled).definition;
  }

  async #compileForRun(hash: string): Promise<CompiledDefinition> {
    const source = (await this.#options.store.sources([hash])).get(hash);
    if (source === undefined) {
      throw new DefinitionFaultsError([
        { path: '', message: 'The definition of the run is gone' },
      ]);
    }
    return this.#options.compiler.compileKept(source, {
      withoutInputSchema: true,
    });
  }

  /** Registered definitions, from memory where they are there. */
  async #read(registered: readonly RegisteredRow[]): Promise<RegistryEntry[]> {
    const missing = registered.filter(({ hash }) => !this.#entries.has(hash));
    const sources =
      missing.length === 0
        ? new Map<string, KeptDefinition>()
        : await this.#options.store.sources(missing.map(({ hash }) => hash));
    const entries: RegistryEntry[] = [];
    for (const { hash, id, ...head } of registered) {
      const source = sources.get(hash);
      let entry = this.#entries.get(hash);
      if (entry === undefined && source !== undefined) {
        entry = await makeEntry({ id, source, origin: 'http' }, head, () =>
          this.#options.compiler.compileKept(source),
        );
        remember(this.#entries, hash, entry);
      }
      if (entry !== undefined) {
        entries.push(entry);
      }
    }
    return entries;
  }

  async #fromFolders(): Promise<ReadonlyMap<string, RegistryEntry>> {
    const { store, ...options } = this.#options;
    this.#folders ??= loadFolders({
      ...options,
      registered: id => store.find(id),
    }).catch(error => {
      this.#folders = undefined;
      throw error;
    });
    const folders = await this.#folders;
    return folders.entries(this.#options.clock.now());
  }
}
