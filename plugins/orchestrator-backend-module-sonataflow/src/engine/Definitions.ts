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

import { ServiceUnavailableError } from '@backstage/errors';
import type { EngineDefinition } from '@flowgate/backstage-plugin-orchestrator-node';
import type { DataIndex } from '../dataIndex/DataIndex';
import type { DefinitionRow } from '../dataIndex/rows';
import type { ServiceAddress } from '../runtime/ServiceAddress';
import type { ServiceAddresses } from '../runtime/ServiceAddresses';
import type { Runtimes } from './Runtimes';
import type { SourceFacts } from './sourceFacts';
import type { Sources } from './Sources';

/** A version of a workflow, where it runs, and what its text says. */
export interface DefinitionVersion {
  readonly row: DefinitionRow;
  /** Absent where the Data Index names no address that may be used. */
  readonly service?: ServiceAddress;
  readonly facts: SourceFacts;
}

/** How long a list waits for runtimes and texts that were not asked before; milliseconds. */
const PATIENCE = 4_000;

function newestFirst(one: DefinitionRow, other: DefinitionRow): number {
  const [a, b] = [one.version ?? '', other.version ?? ''];
  return b.localeCompare(a, 'en', { numeric: true }) || (a < b ? 1 : -1);
}

/** Resolves when the work is done, or when it has taken too long; the work then goes on. */
async function within(work: Promise<void>, time: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<void>(resolve => {
    timer = setTimeout(resolve, time);
  });
  await Promise.race([work, tooLong]);
  clearTimeout(timer);
}

/**
 * The workflows of a Data Index. It keeps every version that it was ever told of side by side; the one that a runtime has now is
 * the workflow's.
 */
export class Definitions {
  readonly #dataIndex: DataIndex;
  readonly #addresses: ServiceAddresses;
  readonly #runtimes: Runtimes;
  readonly #sources: Sources;
  readonly #workspace: string;
  /** The versions of each workflow, the newest first. */
  #versions: ReadonlyMap<string, readonly DefinitionRow[]> = new Map();
  #looking: Promise<void> | undefined;

  /** @param options - `workspace`: of definitions that name none */
  constructor(options: {
    readonly dataIndex: DataIndex;
    readonly addresses: ServiceAddresses;
    readonly runtimes: Runtimes;
    readonly sources: Sources;
    readonly workspace: string;
  }) {
    this.#dataIndex = options.dataIndex;
    this.#addresses = options.addresses;
    this.#runtimes = options.runtimes;
    this.#sources = options.sources;
    this.#workspace = options.workspace;
  }

  /** All workflows, those whose runtimes do not answer included. */
  async list(abortSignal?: AbortSignal): Promise<EngineDefinition[]> {
    await this.#refresh(abortSignal);
    return [...this.#versions.keys()]
      .map(id => this.#choose(id))
      .filter(version => version !== undefined)
      .map(version => this.#describe(version));
  }

  /**
   * The version of a workflow that a start gets. Asks the Data Index only where it is not known.
   *
   * @returns undefined where there is no such workflow
   * @throws ServiceUnavailableError where there is one, and its text cannot be read now
   */
  async find(
    id: string,
    abortSignal?: AbortSignal,
  ): Promise<DefinitionVersion | undefined> {
    const known = this.#choose(id);
    if (known) return known;
    await this.#refresh(abortSignal);
    const found = this.#choose(id);
    const rows = this.#versions.get(id);
    if (found || !rows) return found;
    // Its turn among all others may come too late for whoever waits for it.
    await this.#sources.read(rows);
    if (rows.some(row => !this.#sources.isKnown(row))) {
      throw new ServiceUnavailableError('The workflow cannot be read now');
    }
    return this.#choose(id);
  }

  /** The text of a workflow as it is now; undefined where there is no such workflow, or nobody has its text. */
  async source(
    id: string,
    abortSignal?: AbortSignal,
  ): Promise<{ source: string; format: 'yaml' | 'json' } | undefined> {
    const version = await this.find(id, abortSignal);
    if (!version) return undefined;
    const source = await this.#sources.text(version.row, abortSignal);
    if (source === undefined) return undefined;
    return { source, format: version.facts.format };
  }

  /** Whether the event that starts a workflow also starts one of another workspace, as far as their texts are known. */
  startsElsewhere({ facts }: DefinitionVersion): boolean {
    const workspace = facts.workspace ?? this.#workspace;
    return [...this.#versions.keys()].some(id => {
      const other = this.#choose(id)?.facts;
      return (
        other?.startEvent !== undefined &&
        other.startEvent.type === facts.startEvent?.type &&
        (other.workspace ?? this.#workspace) !== workspace
      );
    });
  }

  async #refresh(abortSignal: AbortSignal | undefined): Promise<void> {
    const rows = await this.#dataIndex.definitions({ abortSignal });
    const versions = new Map<string, DefinitionRow[]>();
    for (const row of rows) {
      versions.set(row.id, [...(versions.get(row.id) ?? []), row]);
    }
    for (const some of versions.values()) some.sort(newestFirst);
    this.#versions = versions;
    // Not for the caller alone: what it does not wait for is known at the next call.
    this.#looking ??= this.#look(versions).finally(() => {
      this.#looking = undefined;
    });
    await within(this.#looking, PATIENCE);
  }

  async #look(
    versions: ReadonlyMap<string, readonly DefinitionRow[]>,
  ): Promise<void> {
    const sought = [...versions].flatMap(([definitionId, rows]) => {
      const mark = JSON.stringify(rows.map(row => row.version));
      return rows
        .map(row => this.#addresses.find(row.serviceUrl))
        .filter(service => service !== undefined)
        .map(service => ({ service, definitionId, mark }));
    });
    await Promise.all([
      this.#runtimes.look(sought),
      this.#sources.look([...versions.values()].flat()),
    ]);
  }

  /** Of the versions of a workflow: the one that a runtime has, or the newest. Those whose text is not known are none. */
  #choose(id: string): DefinitionVersion | undefined {
    const versions = (this.#versions.get(id) ?? []).flatMap(row => {
      const facts = this.#sources.facts(row);
      if (!facts) return [];
      return [{ row, facts, service: this.#addresses.find(row.serviceUrl) }];
    });
    const isPresent = ({ service }: DefinitionVersion) =>
      service !== undefined &&
      this.#runtimes.standing({ service, definitionId: id }) === 'present';
    // Also of a runtime that does not answer now: it had this version last.
    const isLive = ({ service, row }: DefinitionVersion) =>
      service !== undefined &&
      row.version !== undefined &&
      row.version ===
        this.#runtimes.process({ service, definitionId: id })?.version;
    return (
      versions.find(version => isPresent(version) && isLive(version)) ??
      versions.find(isPresent) ??
      versions.find(isLive) ??
      versions[0]
    );
  }

  #describe({ row, service, facts }: DefinitionVersion): EngineDefinition {
    const { id } = row;
    const sought = service && { service, definitionId: id };
    const live = sought && this.#runtimes.process(sought);
    const standing = sought ? this.#runtimes.standing(sought) : 'unknown';
    const isThere = standing === 'present';
    const reason = {
      present: undefined,
      absent: `The runtime of workflow "${id}" does not have it any more`,
      silent: `The runtime of workflow "${id}" does not answer`,
      unknown: sought
        ? `The runtime of workflow "${id}" has not answered yet`
        : this.#unaddressed(row),
    }[standing];
    return {
      id,
      // On PostgreSQL, the Data Index keeps no description of its own.
      name: facts.name ?? row.name ?? live?.name,
      description: row.description ?? facts.description,
      version: (isThere ? live?.version : undefined) ?? row.version,
      format: facts.format,
      workspace: facts.workspace ?? this.#workspace,
      origin: 'remote',
      inputSchema: live?.inputSchema,
      // A schema that we cannot use is checked by the runtime alone.
      failOnValidationErrors:
        facts.failOnValidationErrors && (live?.isCheckable ?? true),
      available: isThere,
      ...(reason === undefined ? {} : { unavailableReason: reason }),
    };
  }

  #unaddressed({ id, serviceUrl }: DefinitionRow): string {
    return this.#addresses.isForbidden(serviceUrl)
      ? `The host of the runtime of workflow "${id}" is not among runtimes.hosts`
      : `It is not known where workflow "${id}" runs`;
  }
}
