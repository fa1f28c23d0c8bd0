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
import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import type { AuditTrail } from '../audit/AuditTrail';
import { EngineLeases } from '../database/EngineLeases';
import type { IndexDatabase } from '../database/IndexDatabase';
import { LostRunStore } from '../database/LostRunStore';
import { RunChangeStore } from '../database/RunChangeStore';
import { RunPlacementStore } from '../database/RunPlacementStore';
import { RunLists } from '../database/RunLists';
import { RunStore } from '../database/RunStore';
import { StatisticsStore } from '../database/StatisticsStore';
import { WorkflowIdStore } from '../database/WorkflowIdStore';
import type { RunFacts, WorkflowFacts } from '../grants/criteria';
import { stopParts } from '../lifecycle/stopParts';
import type { LogSource } from '../logs/ProvidedLogs';
import type { WorkflowMetrics } from '../metrics/PluginMetrics';
import { DefinitionCatalog } from './DefinitionCatalog';
import { DefinitionEditor, type EndTokens } from './DefinitionEditor';
import { createDownstream, type TokenMint } from './downstreamCredentials';
import { EngineCalls, Engines } from './EngineCalls';
import { IndexCheck } from './IndexCheck';
import { IndexFeed } from './IndexFeed';
import { InputChecker } from './input/InputChecker';
import { Reconciler } from './Reconciler';
import { RunActions } from './RunActions';
import { RunCounts } from './RunCounts';
import { RunReader } from './RunReader';
import { RunStarter } from './RunStarter';
import { WorkflowReader } from './WorkflowReader';
import type { WorkflowService } from './WorkflowService';

/** How long things take at most, and how often others are done; milliseconds. */
export interface WorkflowTimes {
  /** Of one call to an engine. */
  readonly engineTimeout: number;
  /** Between two looks at the definitions of all engines. */
  readonly catalogInterval: number;
  /** Between two looks at the changes of an engine that gives no hint. */
  readonly feedInterval: number;
  /** Between two looks for starts whose answer was lost. */
  readonly reconcileInterval: number;
  /** Until a start of an engine that makes ids is given up where no run of it turns up. */
  readonly lostAfter: number;
  /** Until a run whose start was given up does not get its owner any more. */
  readonly forgetAfter: number;
  /** Between two comparisons of the index with an engine that can lose runs. */
  readonly checkInterval: number;
  /** That the start of the plugin waits for the index to catch up; what is left is caught up with in the background. */
  readonly catchUpTime: number;
  /** Of the end of each engine, and of the work that follows it. */
  readonly stopTime: number;
}

const DEFAULT_TIMES: WorkflowTimes = {
  engineTimeout: 15_000,
  catalogInterval: 5_000,
  feedInterval: 2_000,
  reconcileInterval: 5_000,
  lostAfter: 600_000,
  forgetAfter: 7 * 24 * 3_600_000,
  checkInterval: 600_000,
  catchUpTime: 5_000,
  stopTime: 7_000,
};

/** Workflows and runs, with the work that goes on in the background. */
export interface Workflows {
  readonly service: WorkflowService;
  /** What the permission framework may know of workflows, by id; undefined for those that do not exist. */
  describe(ids: readonly string[]): Promise<(WorkflowFacts | undefined)[]>;
  /** What decides on a workflow, as its engine has it now; undefined where there is none with this id. */
  findFresh(workflowId: string): Promise<WorkflowFacts | undefined>;
  /** What decides on a run; undefined where there is none with this id. */
  findRun(id: string): Promise<RunFacts | undefined>;
  /** Starts the engines and the background work; called once. */
  begin(): Promise<void>;
  /** Ends the background work and the engines, in this order, without waiting for long for a database or an engine. Never throws. */
  stop(): Promise<void>;
}

/** Makes everything that serves workflows and runs from engines and a database. */
export function createWorkflows(options: {
  readonly database: IndexDatabase;
  readonly engines: Iterable<WorkflowEngine>;
  /** Of the logs of runs whose engine keeps none. */
  readonly logSource?: LogSource;
  readonly audit: AuditTrail;
  readonly metrics: WorkflowMetrics;
  /** Mints what workflows may be given to call other plugins with. */
  readonly auth: TokenMint;
  readonly endTokens: EndTokens;
  readonly logger: LoggerService;
  /** Milliseconds since the epoch; default the time of the machine. */
  readonly now?: () => number;
  readonly times?: Partial<WorkflowTimes>;
}): Workflows {
  const { database, audit, metrics, logger, now = Date.now } = options;
  const { isPostgres } = database;
  const times = { ...DEFAULT_TIMES, ...options.times };
  const timeout = times.engineTimeout;
  const engines = new Engines(
    [...options.engines].map(
      engine => new EngineCalls(engine, timeout, logger),
    ),
  );
  const runs = new RunStore(database);
  const lists = new RunLists(database);
  const statistics = new StatisticsStore(database);
  const ids = new WorkflowIdStore(database);
  const changes = new RunChangeStore(database);
  const counts = new RunCounts({ lists, statistics, isPostgres, now });
  const catalog = new DefinitionCatalog({ engines, ids, logger, now });
  const shared = { catalog, engines, runs, metrics, logger, now };
  const starter = new RunStarter(shared);
  const inputs = new InputChecker();
  const { logSource } = options;
  const reader = new RunReader({
    ...shared,
    lists,
    counts,
    isPostgres,
    logSource,
  });
  const reconciler = new Reconciler({ ...shared, ...times });
  const leases = new EngineLeases(database);
  const feeds = engines
    .all()
    .map(
      calls => new IndexFeed({ ...shared, calls, leases, ids, store: changes }),
    );
  const placements = new RunPlacementStore(database);
  const lost = new LostRunStore(database);
  const checks = engines
    .all()
    .map(calls => new IndexCheck({ ...shared, calls, leases, store: lost }));
  const downstream = createDownstream(options.auth, logger);

  const timers: NodeJS.Timeout[] = [];
  const every = (interval: number, work: () => Promise<void>) => {
    let isRunning = false;
    const timer = setInterval(async () => {
      if (isRunning) return;
      isRunning = true;
      await work();
      isRunning = false;
    }, interval);
    timer.unref();
    timers.push(timer);
  };
  let isRefreshFailing = false;
  const refresh = async () => {
    try {
      await catalog.refresh();
      await placements.place();
      isRefreshFailing = false;
    } catch (error) {
      if (!isRefreshFailing) {
        logger.warn(
          `The list of workflows cannot be refreshed at the moment: ${
            (error as Error).message
          }`,
        );
      }
      isRefreshFailing = true;
    }
  };

  let isStopped = false;
  const beginEngine = async (calls: EngineCalls): Promise<void> => {
    try {
      await calls.engine.begin?.();
    } catch (error) {
      // The others work on; its workflows are shown as far as it answers, and it is asked to begin until it does.
      logger.error(
        `Engine "${calls.id}" did not begin to work: ${(error as Error).name}`,
      );
      if (isStopped) return;
      const timer = setTimeout(() => beginEngine(calls), times.catalogInterval);
      timer.unref();
      timers.push(timer);
    }
  };

  return {
    service: {
      workflows: new WorkflowReader({ ...shared, statistics, runs: reader }),
      definitions: new DefinitionEditor({
        catalog,
        engines,
        ids,
        audit,
        endTokens: options.endTokens,
      }),
      runs: reader,
      actions: new RunActions({
        ...shared,
        starter,
        inputs,
        downstream,
        audit,
      }),
    },
    describe: workflowIds =>
      Promise.all(workflowIds.map(id => catalog.find(id))),
    findFresh: id => catalog.findFresh(id),
    findRun: id => runs.find(id),
    async begin() {
      await Promise.all(engines.all().map(beginEngine));
      await refresh();
      for (const feed of feeds) {
        feed.begin();
        every(times.feedInterval, () => feed.pump());
      }
      every(times.catalogInterval, refresh);
      every(times.reconcileInterval, () => reconciler.settle());
      for (const check of checks) {
        every(times.checkInterval, () => check.check());
      }
      const caughtUp = Promise.all(feeds.map(feed => feed.pump()));
      let timer: NodeJS.Timeout | undefined;
      const tooLong = new Promise<void>(resolve => {
        timer = setTimeout(resolve, times.catchUpTime);
      });
      await Promise.race([caughtUp, tooLong]);
      clearTimeout(timer);
    },
    async stop() {
      isStopped = true;
      timers.forEach(clearInterval);
      await stopParts(
        Object.fromEntries([
          ['late answers', starter],
          ...feeds.map(
            feed => [`index of engine "${feed.engineId}"`, feed] as const,
          ),
        ]),
        { logger, milliseconds: times.stopTime },
      );
      await stopParts(
        Object.fromEntries(
          engines.all().map(({ id, engine }) => [`engine "${id}"`, engine]),
        ),
        { logger, milliseconds: times.stopTime },
      );
    },
  };
}
