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
import type { Knex } from 'knex';
import {
  DEFAULT_LIMITS,
  type EmbeddedEngineConfig,
  type EmbeddedEngineLimits,
} from '../config/EngineConfig';
import { Caller } from '../host/Caller';
import { type Clock, systemClock } from '../host/clock';
import { EngineHost } from '../host/EngineHost';
import { SubFlows } from '../host/SubFlows';
import { JqWorker } from '../jq/JqWorker';
import { Egress } from '../rest/Egress';
import { HttpTransport } from '../rest/HttpTransport';
import { createDocumentReader } from '../rest/readDocument';
import { RestClient } from '../rest/RestClient';
import { prepareDatabase } from '../store/database';
import { DefinitionStore } from '../store/DefinitionStore';
import { HistoryReader } from '../store/HistoryReader';
import { InboxReader } from '../store/InboxReader';
import { InboxStore } from '../store/InboxStore';
import { LeaseStore } from '../store/LeaseStore';
import { Outbox } from '../store/Outbox';
import { ProducedStore } from '../store/ProducedStore';
import { RunAborts } from '../store/RunAborts';
import { RunDeletes } from '../store/RunDeletes';
import { RunInserts } from '../store/RunInserts';
import { RunReader } from '../store/RunReader';
import { RunStore } from '../store/RunStore';
import { TokenVault } from '../tokens/TokenVault';
import { createEvents } from './createEvents';
import { DefinitionCompiler } from './DefinitionCompiler';
import { DefinitionRegistry } from './DefinitionRegistry';
import { EmbeddedWorkflowEngine } from './EmbeddedWorkflowEngine';
import { RegisteredDefinitions } from './RegisteredDefinitions';
import { RunControl } from './RunControl';
import { RunStarts } from './RunStarts';

/** A process that has not been heard of for this long is taken for gone. */
const LEASE_MS = 15_000;
const POLL_MS = 2_000;
/** Characters that a run may have recorded before it is stored. */
const MAX_RECORDED = 2 * 1024 * 1024;

/**
 * What an embedded engine needs.
 *
 * @public
 */
export interface EmbeddedEngineOptions {
  /** The database; the engine makes its own tables in it. */
  readonly knex: Knex;
  readonly logger: LoggerService;
  /** Everything that is left out is as without configuration; `limits` may name only some. */
  readonly config?: Partial<Omit<EmbeddedEngineConfig, 'limits'>> & {
    readonly limits?: Partial<EmbeddedEngineLimits>;
  };
  /** Leaves the tables as they are. */
  readonly skipMigrations?: boolean;
  /** The time; that of the process by default. */
  readonly clock?: Clock;
  /** From 0 to 1, for the jitter of retries; Math.random by default. */
  readonly random?: () => number;
  /** Milliseconds after which a silent process is taken for gone; 15000 by default. */
  readonly leaseMs?: number;
  /** Milliseconds between looks for runs that are due; 2000 by default. */
  readonly pollMs?: number;
}

function completeConfig(
  given: EmbeddedEngineOptions['config'] = {},
): EmbeddedEngineConfig {
  return {
    enabled: true,
    definitions: [],
    egress: [],
    functions: new Map(),
    openapi: new Map(),
    events: { crossWorkspace: [] },
    secrets: new Map(),
    synchronous: 'normal',
    ...given,
    limits: { ...DEFAULT_LIMITS, ...given.limits },
  };
}

/**
 * Makes an embedded engine that stands alone: it needs a database and nothing of Backstage. The caller calls `begin` to let it take
 * runs on, and `stop` when it is done; the database stays open.
 *
 * @public
 */
export async function createEmbeddedEngine(
  options: EmbeddedEngineOptions,
): Promise<WorkflowEngine> {
  const { knex, logger, clock = systemClock } = options;
  const config = completeConfig(options.config);
  const { limits } = config;
  await prepareDatabase(knex, {
    skipMigrations: options.skipMigrations ?? false,
    synchronous: config.synchronous,
  });
  const evaluator = new JqWorker({
    timeoutMs: limits.jqMilliseconds,
    memoryMb: limits.jqMegabytes,
    maxResultLength: limits.stateLength * 2,
    processes: limits.jqProcesses,
  });
  const egress = Egress.create(config.egress);
  const transport = new HttpTransport(egress);
  const store = new DefinitionStore(knex);
  const registry = new DefinitionRegistry({
    store,
    compiler: new DefinitionCompiler(
      config,
      evaluator,
      egress,
      createDocumentReader(transport, limits.callMilliseconds),
    ),
    config,
    logger,
    clock,
  });
  const client = new RestClient(
    transport,
    {
      timeoutMs: limits.callMilliseconds,
      maxResponseBytes: limits.responseBytes,
      maxConcurrent: limits.concurrentCalls,
    },
    () => clock.now(),
  );
  const tokens = new TokenVault(knex, {
    secretKey: config.secretKey,
    clock,
    logger,
  });
  const context = {
    evaluator,
    now: () => clock.now(),
    random: options.random ?? Math.random,
    limits: {
      maxSteps: limits.stepsPerRun,
      maxStateLength: limits.stateLength,
      maxLineLength: limits.logLineLength,
      maxItems: limits.foreachItems,
      maxEventBytes: limits.eventBytes,
      maxProduced: limits.producedPerRun,
      maxLines: limits.logLines,
      maxRecorded: MAX_RECORDED,
    },
  };
  const erase = (tx: Knex.Transaction, runIds: readonly string[]) =>
    tokens.erase(tx, runIds);
  const inbox = new InboxStore(knex, { maxWaiting: limits.eventsPerRun });
  const aborts = new RunAborts(knex, inbox, erase);
  const runs = new RunStore(knex, {
    maxLines: limits.logLines,
    inbox,
    aborts,
    erase,
  });
  const listeners = new Set<() => void>();
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const caller = new Caller({
    evaluator,
    client,
    secrets: config.secrets,
    tokens,
  });
  const produced = new ProducedStore(knex);
  const host = new EngineHost({
    runs,
    leases: new LeaseStore(knex),
    inboxes: inbox,
    inbox: new InboxReader(knex),
    clock,
    logger,
    context,
    definition: hash => registry.byHash(hash),
    changed: () => listeners.forEach(listener => listener()),
    unsent: runId => produced.count(runId),
    maxJournal: limits.journalEntries,
    leaseMs,
    pollMs: options.pollMs ?? POLL_MS,
  });
  const starts = new RunStarts({
    registry,
    events: config.events,
    inserts: new RunInserts(knex, {
      maxChildren: limits.childrenPerRun,
      maxDescendants: limits.runsPerStart,
    }),
    tokens,
    taker: host,
    clock,
  });
  const subFlows = new SubFlows({
    starts,
    registry,
    evaluator,
    events: config.events,
    limits,
    clock,
    logger,
  });
  const { dispatcher, router } = createEvents({
    knex,
    logger,
    clock,
    random: context.random,
    config,
    registry,
    inbox,
    starter: starts,
    leaseMs,
  });
  host.connect({
    call: call => {
      const subFlow = SubFlows.callOf(call);
      return subFlow === undefined
        ? caller.call(call)
        : subFlows.start(call, subFlow);
    },
    produced: () => dispatcher.wake(),
  });
  const { eventBytes } = limits;
  return new EmbeddedWorkflowEngine({
    knex,
    logger,
    starts,
    control: new RunControl({
      runs,
      aborts,
      inbox,
      tokens,
      host,
      registry,
      events: config.events,
      context,
      eventBytes,
    }),
    deletes: new RunDeletes(knex),
    reader: new RunReader(knex),
    outbox: new Outbox(knex),
    registry,
    definitions: new RegisteredDefinitions(registry, store, logger),
    events: router,
    history: new HistoryReader(knex, logger),
    background: {
      begin: async () => {
        await host.begin();
        dispatcher.begin();
        tokens.begin();
      },
      stop: async () => {
        await dispatcher.stop();
        await host.stop();
        await tokens.stop();
        await evaluator.stop();
        transport.close();
      },
    },
    eventBytes,
    listeners,
  });
}
