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
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import type { EngineRun } from '@flowgate/backstage-plugin-orchestrator-node';
import type { RunLists } from '../database/RunLists';
import type { StartedRun } from '../database/RunRow';
import type { RunStore } from '../database/RunStore';
import { every, TRUE } from '../database/SqlPart';
import { whereRunApart } from '../database/whereCriteria';
import { whereFilter } from '../database/whereFilter';
import {
  instanceNotFound,
  type OrchestratorError,
} from '../errors/OrchestratorError';
import type { Access } from '../gate/Access';
import type { LogSource } from '../logs/ProvidedLogs';
import type { DefinitionCatalog } from './DefinitionCatalog';
import type { Engines } from './EngineCalls';
import type { RunCounts } from './RunCounts';
import { toInstance, toListItem } from './runDto';
import { runFields } from './search/fields';
import type { Filter } from './search/Filter';
import { readSearch } from './search/readSearch';

type Schemas = components['schemas'];

/**
 * The most bytes that the data of the runs of one list may have. Runs beyond it are listed without their data, which a read of the
 * one run gives: a list of a thousand large runs must not fill the memory of the process.
 */
const LIST_DATA_BYTES = 8 * 1024 * 1024;

/** Reads runs for callers. */
export class RunReader {
  readonly #catalog: DefinitionCatalog;
  readonly #runs: RunStore;
  readonly #lists: RunLists;
  readonly #counts: RunCounts;
  readonly #engines: Engines;
  readonly #isPostgres: boolean;
  readonly #logSource?: LogSource;
  readonly #logger: LoggerService;

  constructor(options: {
    catalog: DefinitionCatalog;
    runs: RunStore;
    lists: RunLists;
    counts: RunCounts;
    engines: Engines;
    isPostgres: boolean;
    /** Of runs whose engine keeps no logs; absent where nothing keeps them. */
    logSource?: LogSource;
    logger: LoggerService;
  }) {
    this.#catalog = options.catalog;
    this.#runs = options.runs;
    this.#lists = options.lists;
    this.#counts = options.counts;
    this.#engines = options.engines;
    this.#isPostgres = options.isPostgres;
    this.#logSource = options.logSource;
    this.#logger = options.logger;
  }

  /** A page of the runs that the caller may see, of one workflow where one is named. */
  async list(
    access: Access,
    body: unknown,
    workflowId?: string,
  ): Promise<Schemas['ProcessInstanceListResultDTO']> {
    const { runs, criteria, filter, search } = await this.#search(
      access,
      body,
      workflowId,
    );
    const [totalCount, details] = await Promise.all([
      this.#counts.count(criteria, filter),
      this.#details(access.principal.ref, runs),
    ]);
    return {
      items: runs.map(run => toListItem(run, details.get(run.id))),
      totalCount,
      paginationInfo: search.paginationInfo,
    };
  }

  /** The same page as the index knows it, without a question to any engine. */
  async listIndexed(
    access: Access,
    body: unknown,
  ): Promise<readonly StartedRun[]> {
    return (await this.#search(access, body)).runs;
  }

  async #search(access: Access, body: unknown, workflowId?: string) {
    const search = readSearch(body, runFields, true);
    const criteria = await access.runs('instances:read');
    const asked: Filter[] = [];
    if (workflowId !== undefined) {
      asked.push({ kind: 'equal', field: 'workflowId', values: [workflowId] });
    }
    if (search.filter) asked.push(search.filter);
    const filter: Filter | undefined =
      asked.length > 1 ? { kind: 'and', of: asked } : asked[0];

    const wanted = filter ? whereFilter(filter, this.#isPostgres) : TRUE;
    const parts = whereRunApart(criteria).map(part => every([part, wanted]));
    const order = { by: search.orderBy, descending: search.descending };
    const runs = await this.#lists.page(parts, order, search);
    return { runs, criteria, filter, search };
  }

  /** One run with everything that its engine knows of it. */
  async get(
    access: Access,
    instanceId: string,
  ): Promise<Schemas['ProcessInstanceDTO']> {
    const run = await this.#decide(access, instanceId);
    const details = await this.details(access, run);
    const entry = this.#catalog.peek(run.workflowId);
    return toInstance(run, details, entry?.definition.description);
  }

  /** The log of a run, oldest line first; empty where neither its engine keeps one nor anything else. */
  async logs(
    access: Access,
    instanceId: string,
  ): Promise<Schemas['WorkflowLogsResponse']> {
    const run = await this.#decide(access, instanceId);
    const calls = this.#engines.get(run.engineId);
    if (!calls.engine.capabilities.logs && this.#logSource) {
      // As the index knows it: logs are wanted most where an engine is in trouble.
      const { definition } = this.#catalog.peek(run.workflowId) ?? {};
      const shown = toInstance(run, undefined, definition?.description);
      return { instanceId, logs: await this.#logSource.logsOf(shown) };
    }
    const logs = calls.engine.capabilities.logs
      ? await calls.call(access.principal.ref, (engine, call) =>
          engine.logs(instanceId, call),
        )
      : undefined;
    return {
      instanceId,
      logs: (logs ?? []).map(({ id, log }) => ({ id, log })),
    };
  }

  /**
   * A run of a workflow that the caller may see.
   *
   * @throws OrchestratorError 404 also where it is a run of another workflow
   */
  async ofWorkflow(
    access: Access,
    workflowId: string,
    instanceId: string,
  ): Promise<StartedRun> {
    const found = await this.#runs.find(instanceId);
    const run = found?.workflowId === workflowId ? found : undefined;
    await access.decideRun('instances:read', run);
    return run!;
  }

  /** What the engine knows of a run that the caller may see; undefined where it has lost it. */
  async details(
    access: Access,
    run: StartedRun,
  ): Promise<EngineRun | undefined> {
    try {
      return await this.#engines
        .get(run.engineId)
        .call(
          access.principal.ref,
          (engine, call) => engine.get(run.id, call),
          { notFound: instanceNotFound },
        );
    } catch (error) {
      const { code } = error as OrchestratorError;
      if (run.lostAt !== undefined && code === 'instance.not_found') {
        return undefined;
      }
      throw error;
    }
  }

  async #decide(access: Access, instanceId: string): Promise<StartedRun> {
    const run = await this.#runs.find(instanceId);
    await access.decideRun('instances:read', run);
    return run!;
  }

  /** One read per engine; runs of an engine that does not answer are listed without details. */
  async #details(
    caller: string,
    runs: readonly StartedRun[],
  ): Promise<ReadonlyMap<string, EngineRun>> {
    const byEngine = new Map<string, string[]>();
    for (const { engineId, id } of runs) {
      const ids = byEngine.get(engineId);
      if (ids) ids.push(id);
      else byEngine.set(engineId, [id]);
    }
    const found = await Promise.all(
      [...byEngine].map(async ([engineId, ids]) => {
        try {
          const details = await this.#engines
            .get(engineId)
            .call(caller, (engine, call) =>
              engine.getMany(ids, { ...call, dataBudget: LIST_DATA_BYTES }),
            );
          return [...details];
        } catch (error) {
          this.#logger.warn(
            `Runs are listed without details: ${(error as Error).message}`,
          );
          return [];
        }
      }),
    );
    return new Map(found.flat());
  }
}
