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
import { mergeSettings } from '../config/readSettings';
import type { SonataFlowConfig } from '../config/SonataFlowConfig';
import { ChangeFeed } from '../dataIndex/ChangeFeed';
import { DataIndex } from '../dataIndex/DataIndex';
import { DataIndexClient } from '../dataIndex/DataIndexClient';
import { HttpClient } from '../http/HttpClient';
import { DownstreamHeaders } from '../runtime/DownstreamHeaders';
import { EventSender } from '../runtime/EventSender';
import { RuntimeClient } from '../runtime/RuntimeClient';
import { ServiceAddresses } from '../runtime/ServiceAddresses';
import { Definitions } from './Definitions';
import { Losses } from './Losses';
import { RunEndings } from './RunEndings';
import { RunReader } from './RunReader';
import { Runs } from './Runs';
import { RunSignals } from './RunSignals';
import { RunStarts } from './RunStarts';
import { Runtimes } from './Runtimes';
import { SonataFlowEngine } from './SonataFlowEngine';
import { Sources } from './Sources';

/** A run that its runtime does not have is looked at again after this time: it may just have ended; milliseconds. */
const SECOND_LOOK_AFTER = 1_000;

/** A runtime is not waited for longer where only a detail depends on it; milliseconds. */
const DETAIL_TIMEOUT = 3_000;

/**
 * What a SonataFlow engine needs.
 *
 * @public
 */
export interface SonataFlowEngineOptions {
  /** What is left out is as without configuration. */
  readonly config: Partial<SonataFlowConfig> &
    Pick<SonataFlowConfig, 'id' | 'dataIndexUrl'>;
  readonly logger: LoggerService;
  /** Milliseconds since the epoch; the time of the process by default. */
  readonly now?: () => number;
  /** Milliseconds after which a run that its runtime does not have is taken for lost; 1000 by default. */
  readonly secondLookAfter?: number;
}

/** The clients of an engine. Each has its own connections, since each shows itself in its own way. */
function createClients(config: SonataFlowConfig) {
  const { id, dataIndexUrl, dataIndex, runtimes } = config;
  const shared = {
    timeoutMs: config.timeout,
    maxBytes: config.maxResponseBytes,
    concurrency: config.concurrency,
  };
  const bearer = (token: string | undefined) =>
    token === undefined ? undefined : `Bearer ${token}`;
  // A Data Index can name any address as that of a runtime.
  const authorizeRuntime = (url: URL) =>
    runtimes.hosts?.includes(url) ? bearer(runtimes.bearer) : undefined;
  const createRuntimeClient = () =>
    new HttpClient({
      ...shared,
      upstream: `A workflow runtime of engine "${id}"`,
      tls: runtimes.tls,
      authorization: authorizeRuntime,
    });
  const createDataIndexClient = () =>
    new HttpClient({
      ...shared,
      upstream: `The Data Index of engine "${id}"`,
      tls: dataIndex.tls,
      // It is asked at one address only, and redirects are not followed.
      authorization: url =>
        url.origin === dataIndexUrl.origin
          ? bearer(dataIndex.bearer)
          : undefined,
    });
  return {
    dataIndex: new DataIndexClient(
      {
        reads: createDataIndexClient(),
        definitions: createDataIndexClient(),
        background: createDataIndexClient(),
      },
      dataIndexUrl,
    ),
    looks: createRuntimeClient(),
    reads: createRuntimeClient(),
    starts: createRuntimeClient(),
    aborts: createRuntimeClient(),
    events: new HttpClient({
      ...shared,
      upstream: `The receiver of events of engine "${id}"`,
      tls: runtimes.tls,
      authorization: authorizeRuntime,
    }),
  };
}

/**
 * Makes an engine of a Data Index and the workflow runtimes that it names. Asks nobody anything yet.
 *
 * @public
 */
export function createSonataFlowEngine(
  options: SonataFlowEngineOptions,
): WorkflowEngine {
  const { logger, now = Date.now } = options;
  const { secondLookAfter = SECOND_LOOK_AFTER } = options;
  const { id, dataIndexUrl, ...settings } = options.config;
  const config = { id, dataIndexUrl, ...mergeSettings(settings) };
  const clients = createClients(config);
  const dataIndex = new DataIndex(clients.dataIndex, logger);
  const runtimes = new RuntimeClient(clients);
  const events =
    config.eventsUrl && new EventSender(clients.events, config.eventsUrl);
  const addresses = new ServiceAddresses(config.runtimes.hosts);
  const headers = new DownstreamHeaders(config, logger);
  const runs = new Runs(dataIndex, now);
  const detailTimeout = Math.min(config.timeout, DETAIL_TIMEOUT);
  const losses = new Losses({
    dataIndex,
    addresses,
    runtimes,
    detailTimeout,
    now,
    secondLookAfter,
  });
  const definitions = new Definitions({
    dataIndex,
    addresses,
    runtimes: new Runtimes({ client: runtimes, timeout: detailTimeout, now }),
    sources: new Sources({ dataIndex, addresses, runtimes, logger, now }),
    workspace: config.workspace,
  });
  const { startTimeout } = config;
  const shared = { dataIndex, addresses, runtimes, runs, losses, headers };
  return new SonataFlowEngine({
    id,
    dataIndex,
    definitions,
    losses,
    startTimeout,
    starts: new RunStarts({
      ...shared,
      definitions,
      events,
      timeout: startTimeout,
      now,
    }),
    reader: new RunReader({ ...shared, detailTimeout }),
    endings: new RunEndings({ ...shared, logger, startTimeout }),
    signals: new RunSignals({ definitions, runs, events }),
    feed: new ChangeFeed({
      dataIndex,
      logger,
      now,
      overlapMs: config.overlap,
      adoptBefore: config.adoptInitiatorBefore,
    }),
    hasEvents: events !== undefined,
    close: () => Object.values(clients).forEach(client => client.close()),
  });
}
