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

import type { JsonObject } from '@backstage/types';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { BenchDataIndex } from '../BenchDataIndex';
import type { BenchDatabase } from '../BenchDatabase';
import type { BenchOptions } from '../BenchOptions';
import { BenchServer } from '../BenchServer';
import { remoteRunId } from '../remoteRuns';
import { LISTED } from '../definitions';
import {
  always,
  type Measured,
  type Measurement,
  measureInRounds,
} from '../rounds';
import { formatTable, milliseconds, perSecond, ratio } from '../table';

const OWNER = 'user:default/owner';
const ADMIN = 'user:default/admin';
const PREFIX = 'remote-';

const page1: JsonObject = {
  paginationInfo: {
    pageSize: 20,
    offset: 0,
    orderBy: 'start',
    orderDirection: 'DESC',
  },
};

interface FilledServer {
  readonly runs: number;
  /** How long the first fill of the index took; milliseconds. */
  readonly filledIn: number;
  readonly dataIndex: BenchDataIndex;
  readonly server: BenchServer;
  readonly tokens: Readonly<Record<'an admin' | 'a user', string>>;
}

/** Waits until the index has the run that has changed last. */
async function untilFilled(
  server: BenchServer,
  token: string,
  runs: number,
): Promise<void> {
  const route = `/v2/workflows/instances/${remoteRunId(runs - 1)}`;
  for (;;) {
    try {
      await server.call(token, 'GET', route);
      return;
    } catch {
      await delay(100);
    }
  }
}

async function startFilled(
  database: BenchDatabase,
  runs: number,
  definitions: string,
  smallest: number,
): Promise<FilledServer> {
  const dataIndex = await BenchDataIndex.start({
    runs,
    owner: OWNER,
    // All of the smallest list are the user's own.
    owned: Math.max(smallest, Math.round(runs / 50)),
    workflows: LISTED,
    workflowPrefix: PREFIX,
  });
  try {
    const begun = dataIndex.asked.then(() => performance.now());
    begun.catch(() => {});
    const server = await BenchServer.start(database, definitions, {
      dataIndexService: { url: dataIndex.url },
      sonataflow: { adoptInitiatorBefore: '2026-01-01' },
    });
    const begin = await begun;
    const admin = await server.userToken(ADMIN);
    await untilFilled(server, admin, runs);
    return {
      runs,
      filledIn: performance.now() - begin,
      dataIndex,
      server,
      tokens: {
        'an admin': admin,
        'a user': await server.userToken(OWNER),
      },
    };
  } catch (error) {
    await dataIndex.stop();
    throw error;
  }
}

function thingsOf(servers: readonly FilledServer[]): Measured[] {
  return (['an admin', 'a user'] as const).flatMap(who =>
    servers.map((filled, n) => ({
      name: `${who}, ${filled.runs}`,
      against: n === 0 ? undefined : `${who}, ${servers[0].runs}`,
      prepare: always({
        method: 'POST',
        url: `${filled.server.orchestrator}/v2/workflows/instances`,
        headers: { Authorization: `Bearer ${filled.tokens[who]}` },
        body: JSON.stringify(page1),
      }),
    })),
  );
}

/**
 * The first fill of the index from a Data Index with few and with many runs, and the first page of the lists afterwards, for an admin
 * who sees all runs and for a user who sees their own. The servers run side by side, so that their pages are measured in turns. The
 * Data Index is one of the project's own, in a process beside each server.
 *
 * @param createDatabase - makes an empty database for one of the servers
 * @param definitions - the folder of the embedded engine's workflows
 */
export async function benchSonataFlow(
  createDatabase: () => BenchDatabase,
  definitions: string,
  options: BenchOptions,
): Promise<string> {
  const databases: BenchDatabase[] = [];
  const servers: FilledServer[] = [];
  const [smallest] = options.remoteSizes;
  try {
    for (const runs of options.remoteSizes) {
      const database = createDatabase();
      databases.push(database);
      servers.push(await startFilled(database, runs, definitions, smallest));
    }
    const measurements = await measureInRounds(thingsOf(servers), options);
    // The first measurement of each caller is that of the smallest list.
    const smallestOf = ({ name }: Measurement) =>
      measurements.find(one => one.name.split(',')[0] === name.split(',')[0])!;
    return [
      formatTable(
        `The first fill of the index from a Data Index, on ${databases[0].name}`,
        ['runs', 'seconds', 'runs/s'],
        servers.map(({ runs, filledIn }) => [
          String(runs),
          (filledIn / 1_000).toFixed(1),
          perSecond((runs * 1_000) / filledIn),
        ]),
      ),
      formatTable(
        `Lists of SonataFlow's runs on ${databases[0].name}: against those of ${smallest} runs`,
        [
          'first page: caller, runs',
          'requests/s',
          'p50 ms',
          'p99 ms',
          'p50 ratio',
          'rate ratio',
        ],
        measurements.map(one => [
          one.name,
          perSecond(one.requestsPerSecond),
          milliseconds(one.p50),
          milliseconds(one.p99),
          ratio(one.p50 / smallestOf(one).p50),
          ratio(one.ratio ?? 1),
        ]),
      ),
    ].join('\n');
  } finally {
    for (const { server, dataIndex } of servers) {
      await server.stop();
      await dataIndex.stop();
    }
    for (const database of databases) await database.remove();
  }
}
