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

import type {
  LoggerService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import type { AuditTrail } from '../audit/AuditTrail';
import { EndedRunStore } from '../database/EndedRunStore';
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
import { RunStreams } from '../streams/RunStreams';
import { DefinitionCatalog } from './DefinitionCatalog';
import { DefinitionEditor, type EndTokens } from './DefinitionEditor';
import { createDownstream, type TokenMint } from './downstreamCredentials';
import { EngineCalls, Engines } from './EngineCalls';
import { IndexCheck } from './IndexCheck';
import { IndexFeed } from './IndexFeed';
import { EventIntake } from './events/EventIntake';
import { KnownRuns } from './events/KnownRuns';
import { RunSignals } from './events/RunSignals';
import { InputChecker } from './input/InputChecker';
import { Reconciler } from './Reconciler';
import { RunActions } from './RunActions';
import { RunCounts } from './RunCounts';
import { RunReader } from './RunReader';
import { RunRetention } from './RunRetention';
import { RunStarter } from './RunStarter';
import { WorkflowReader } from './WorkflowReader';
import type { WorkflowService } from './WorkflowService';
import { DEFAULT_TIMES, type WorkflowTimes } from './workflowTimes';

/** Workflows and runs, with the work that goes on in the background. */
export interface Workflows {
  readonly service: WorkflowService;
  readonly streams: RunStreams;
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
  /** Absent where runs are kept for ever; `keep`: for how long they are kept that have ended, in milliseconds. */
  readonly retention?: {
    readonly keep: number;
    readonly scheduler: SchedulerService;
  };
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
  // Engines that are asked by one replica at a time, for what the questions cost, tell of nothing sooner.
  const knownRuns = new KnownRuns(runs, async engineId => {
    const asked = feeds.filter(feed =>
      engineId === undefined
        ? !engines.get(feed.engineId).engine.hasExclusiveFeed
        : feed.engineId === engineId,
    );
    await Promise.all(asked.map(feed => feed.pump()));
  });
  const retention =
    options.retention &&
    new RunRetention({
      ...options.retention,
      ...shared,
      store: new EndedRunStore(database),
    });
  const streams = new RunStreams({ engines, runs, logger, now });
  const acting = { ...shared, starter, inputs, downstream, audit };

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
      actions: new RunActions(acting),
      signals: new RunSignals({ runs: knownRuns, engines, audit }),
      events: new EventIntake({ ...acting, runs: knownRuns }),
    },
    streams,
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
      streams.begin();
      await retention?.schedule(options.retention!.scheduler);
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
      // First: the server ends once nobody reads any more.
      await stopParts({ 'streams of runs': streams }, { logger });
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
