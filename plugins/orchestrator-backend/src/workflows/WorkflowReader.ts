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

import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import type { DefinitionSource } from '@flowgate/backstage-plugin-orchestrator-node';
import { dayOf } from '../database/runTallies';
import type { StatisticsStore } from '../database/StatisticsStore';
import { isStorableText } from '../database/storableText';
import { invalidRequest, workflowNotFound } from '../errors/OrchestratorError';
import type { Access } from '../gate/Access';
import { includesWorkflow } from '../grants/criteria';
import type { CatalogEntry, DefinitionCatalog } from './DefinitionCatalog';
import { engineUnavailable, type Engines } from './EngineCalls';
import type { RunReader } from './RunReader';
import { workflowFields } from './search/fields';
import type { FieldValue } from './search/Filter';
import { matchesFilter } from './search/matchesFilter';
import { readSearch } from './search/readSearch';
import { toOverview } from './workflowDto';

type Schemas = components['schemas'];

/** Days of `runsLastMonth`, as in RHDH. */
const MONTH = 30;
/** Where a list names more workflows, statistics are read for all. */
const MAX_NAMED = 200;
/** Workflows of one entity, as in RHDH. */
const MAX_ON_ENTITY = 1_000;

function valueOf(entry: CatalogEntry, field: string): FieldValue {
  const { workflowId, workspace, definition } = entry;
  switch (field) {
    case 'workflowId':
      return workflowId;
    case 'workspace':
      return workspace;
    case 'name':
      return definition.name ?? workflowId;
    case 'version':
      return definition.version ?? null;
    case 'description':
      return definition.description ?? null;
    case 'format':
      return definition.format;
    default:
      return definition.available;
  }
}

/** Compares by a field, absent values last, and by id where that does not tell. */
function inOrder(field: string, descending: boolean) {
  return (a: CatalogEntry, b: CatalogEntry) => {
    const [x, y] = [valueOf(a, field), valueOf(b, field)];
    let order = 0;
    if (x === null || y === null) {
      order = Number(x === null) - Number(y === null);
    } else if (x !== y) {
      order = x < y ? -1 : 1;
    } else {
      order = a.workflowId < b.workflowId ? -1 : 1;
    }
    return descending ? -order : order;
  };
}

/** What is looked for by who has no search request. */
export interface WorkflowSearch {
  /** A text that the name contains, whatever its case. */
  readonly nameContains?: string;
  /** The state of the last run that the caller may see. */
  readonly lastRunStatus?: string;
  readonly limit: number;
  readonly offset: number;
}

/** Reads workflows for callers. */
export class WorkflowReader {
  readonly #catalog: DefinitionCatalog;
  readonly #statistics: StatisticsStore;
  readonly #engines: Engines;
  readonly #runs: RunReader;
  readonly #now: () => number;

  constructor(options: {
    catalog: DefinitionCatalog;
    statistics: StatisticsStore;
    engines: Engines;
    runs: RunReader;
    now: () => number;
  }) {
    this.#catalog = options.catalog;
    this.#statistics = options.statistics;
    this.#engines = options.engines;
    this.#runs = options.runs;
    this.#now = options.now;
  }

  /** A page of the workflows that the caller may see. */
  async list(
    access: Access,
    body: unknown,
  ): Promise<Schemas['WorkflowOverviewListResultDTO']> {
    const search = readSearch(body, workflowFields, false);
    const { filter } = search;
    const entries = (await this.#visible(access)).filter(
      entry => !filter || matchesFilter(filter, field => valueOf(entry, field)),
    );
    entries.sort(inOrder(search.orderBy ?? 'name', search.descending));
    const page = entries.slice(search.offset, search.offset + search.limit);
    return {
      overviews: await this.#overviews(access, page),
      totalCount: entries.length,
      paginationInfo: search.paginationInfo,
    };
  }

  /** A page of the workflows that the caller may see and that fit, by name. */
  async search(
    access: Access,
    { nameContains, lastRunStatus, limit, offset }: WorkflowSearch,
  ): Promise<Schemas['WorkflowOverviewDTO'][]> {
    const text = nameContains?.toLowerCase() ?? '';
    const entries = (await this.#visible(access)).filter(entry =>
      String(valueOf(entry, 'name')).toLowerCase().includes(text),
    );
    entries.sort(inOrder('name', false));
    if (lastRunStatus === undefined) {
      return this.#overviews(access, entries.slice(offset, offset + limit));
    }
    const overviews = await this.#overviews(access, entries);
    return overviews
      .filter(overview => overview.lastRunStatus === lastRunStatus)
      .slice(offset, offset + limit);
  }

  /** The workflows that an entity names, and those that were run on it, as far as the caller may see them. */
  async listForEntity(
    access: Access,
    body: { targetEntity?: string; annotationWorkflowIds?: string[] },
  ): Promise<Schemas['WorkflowOverviewListResultDTO']> {
    const { targetEntity, annotationWorkflowIds = [] } = body;
    const ids = new Set(annotationWorkflowIds);
    if (targetEntity !== undefined) {
      if (!isStorableText(targetEntity)) {
        throw invalidRequest([
          {
            path: 'body/targetEntity',
            message: 'must not have NUL characters or broken surrogate pairs',
          },
        ]);
      }
      const run = await this.#statistics.workflowsOnEntity(
        await access.runs('instances:read'),
        targetEntity,
        MAX_ON_ENTITY,
      );
      for (const id of run) ids.add(id);
    }
    const entries =
      ids.size === 0
        ? []
        : (await this.#visible(access)).filter(one => ids.has(one.workflowId));
    entries.sort(inOrder('name', false));
    return {
      overviews: await this.#overviews(access, entries),
      totalCount: entries.length,
      paginationInfo: {},
    };
  }

  /** One workflow. */
  async overview(
    access: Access,
    workflowId: string,
  ): Promise<Schemas['WorkflowOverviewDTO']> {
    const entry = await this.#decide(access, workflowId);
    const [overview] = await this.#overviews(access, [entry]);
    return overview;
  }

  /** The text of a definition. */
  async source(access: Access, workflowId: string): Promise<DefinitionSource> {
    const entry = await this.#decide(access, workflowId);
    const source = await this.#engines
      .get(entry.engineId)
      .call(access.principal.ref, (engine, call) =>
        engine.getDefinitionSource(workflowId, call),
      );
    if (!source) throw workflowNotFound();
    return source;
  }

  /**
   * The schema of the input; an empty object where there is none, or none with properties.
   *
   * @param instanceId - of a run of the workflow whose data is given beside, as far as the schema names it
   */
  async inputSchema(
    access: Access,
    workflowId: string,
    instanceId?: string,
  ): Promise<Schemas['InputSchemaResponseDTO']> {
    const { definition } = await this.#decide(access, workflowId);
    const run =
      instanceId === undefined
        ? undefined
        : await this.#runs.ofWorkflow(access, workflowId, instanceId);
    const { inputSchema } = definition;
    const properties = inputSchema?.properties;
    if (typeof properties !== 'object' || properties === null) return {};
    if (!run) return { inputSchema };
    const details = await this.#runs.details(access, run);
    const given = details?.data;
    const values =
      typeof given === 'object' && given !== null && !Array.isArray(given)
        ? given
        : {};
    const named = Object.keys(properties).filter(key =>
      Object.hasOwn(values, key),
    );
    const data = Object.fromEntries(named.map(key => [key, values[key]]));
    return { inputSchema, data };
  }

  /** @throws OrchestratorError 503 where the workflow cannot be run now */
  async ping(access: Access, workflowId: string): Promise<true> {
    const { engineId, definition } = await this.#decide(access, workflowId);
    if (!definition.available) {
      throw engineUnavailable(engineId, definition.unavailableReason);
    }
    await this.#engines
      .get(engineId)
      .call(access.principal.ref, (engine, call) => engine.health(call));
    return true;
  }

  async #decide(access: Access, workflowId: string): Promise<CatalogEntry> {
    const entry = await this.#catalog.find(workflowId);
    await access.decideWorkflow('workflows:read', entry);
    return entry!;
  }

  async #visible(access: Access): Promise<CatalogEntry[]> {
    const criteria = await access.workflows('workflows:read');
    const entries = await this.#catalog.all();
    return entries.filter(entry => includesWorkflow(criteria, entry));
  }

  /** Statistics cover the runs that the caller may see, which can be none. */
  async #overviews(
    access: Access,
    entries: readonly CatalogEntry[],
  ): Promise<Schemas['WorkflowOverviewDTO'][]> {
    if (entries.length === 0) return [];
    const ids = entries.map(({ workflowId }) => workflowId);
    const statistics = await this.#statistics.ofWorkflows(
      await access.runs('instances:read'),
      ids.length > MAX_NAMED ? undefined : ids,
      dayOf(this.#now()) - MONTH + 1,
    );
    return entries.map(entry =>
      toOverview(entry, statistics.get(entry.workflowId)),
    );
  }
}
