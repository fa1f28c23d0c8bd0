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
import { BenchDatabase } from '../BenchDatabase';
import type { BenchOptions } from '../BenchOptions';
import { BenchServer } from '../BenchServer';
import { LISTED, LISTED_PREFIX } from '../definitions';
import { always, type Measured, measureInRounds } from '../rounds';
import { seedInstances } from '../seedInstances';
import { median } from '../statistics';
import { formatTable, milliseconds, perSecond, ratio } from '../table';

const OWNER = 'user:default/owner';
const ADMIN = 'user:default/admin';

/** How many different filters are counted for the first time. */
const FIRST_COUNTS = 5;

const page10: JsonObject = {
  paginationInfo: {
    pageSize: 20,
    offset: 180,
    orderBy: 'start',
    orderDirection: 'DESC',
  },
};

interface SeededServer {
  readonly runs: number;
  readonly server: BenchServer;
  readonly tokens: Readonly<Record<'an admin' | 'a user', string>>;
}

/** All of the smallest list are the user's own; of the largest, one in fifty. */
function ownRunsOf(runs: number, smallest: number): number {
  return Math.max(smallest, Math.round(runs / 50));
}

async function startSeeded(
  database: BenchDatabase,
  runs: number,
  definitions: string,
  options: BenchOptions,
): Promise<SeededServer> {
  const { knex, close } = await database.open();
  try {
    await seedInstances(knex, {
      runs,
      owner: OWNER,
      owned: ownRunsOf(runs, options.listSizes[0]),
      workflowPrefix: LISTED_PREFIX,
      workflows: LISTED,
    });
  } finally {
    await close();
  }
  const server = await BenchServer.start(database, definitions);
  return {
    runs,
    server,
    tokens: {
      'an admin': await server.userToken(ADMIN),
      'a user': await server.userToken(OWNER),
    },
  };
}

/** How long the first page takes whose filter was never counted before; milliseconds. */
async function firstCount(
  { server, tokens }: SeededServer,
  who: keyof SeededServer['tokens'],
): Promise<number> {
  const durations: number[] = [];
  for (let n = 0; n < FIRST_COUNTS; n += 1) {
    const begin = performance.now();
    await server.call(tokens[who], 'POST', '/v2/workflows/instances', {
      ...page10,
      // Holds for every run, and is another filter each time.
      filters: { field: 'start', operator: 'GT', value: `199${n}-01-01` },
    });
    durations.push(performance.now() - begin);
  }
  return median(durations);
}

function thingsOf(servers: readonly SeededServer[]): Measured[] {
  const routes = [
    { what: 'page 10 of the runs', path: '/v2/workflows/instances' },
    { what: 'overview of the workflows', path: '/v2/workflows/overview' },
  ];
  return routes.flatMap(({ what, path }) =>
    (['an admin', 'a user'] as const).flatMap(who => {
      const nameOf = ({ runs }: SeededServer) => `${what}, ${who}, ${runs}`;
      return servers.map((seeded, n) => ({
        name: nameOf(seeded),
        prepare: always({
          method: 'POST',
          url: `${seeded.server.orchestrator}${path}`,
          headers: { Authorization: `Bearer ${seeded.tokens[who]}` },
          body: JSON.stringify(path.endsWith('instances') ? page10 : {}),
        }),
        against: n === 0 ? undefined : nameOf(servers[0]),
      }));
    }),
  );
}

/**
 * Lists over few and over many runs, for an admin who sees all of them and for a user who sees their own. The servers run side by
 * side, so that their lists are measured in turns.
 *
 * @param createDatabase - makes an empty database for one of the servers
 * @param definitions - the folder with the workflows' definitions
 */
export async function benchLists(
  createDatabase: () => BenchDatabase,
  definitions: string,
  options: BenchOptions,
): Promise<string> {
  const databases: BenchDatabase[] = [];
  const servers: SeededServer[] = [];
  try {
    for (const runs of options.listSizes) {
      const database = createDatabase();
      databases.push(database);
      servers.push(await startSeeded(database, runs, definitions, options));
    }
    const measurements = await measureInRounds(thingsOf(servers), options);
    const firstCounts = [];
    for (const seeded of servers) {
      for (const who of ['an admin', 'a user'] as const) {
        firstCounts.push([
          `${who}, ${seeded.runs}`,
          milliseconds(await firstCount(seeded, who)),
        ]);
      }
    }
    return [
      formatTable(
        `Lists on ${databases[0].name}: the rate against that of ${options.listSizes[0]} runs`,
        ['list, caller, runs', 'requests/s', 'p50 ms', 'p99 ms', 'ratio'],
        measurements.map(one => [
          one.name,
          perSecond(one.requestsPerSecond),
          milliseconds(one.p50),
          milliseconds(one.p99),
          one.ratio === undefined ? '' : ratio(one.ratio),
        ]),
      ),
      formatTable(
        `The same page with a filter that was never counted, on ${databases[0].name}`,
        ['caller, runs', 'ms'],
        firstCounts,
      ),
    ].join('\n');
  } finally {
    for (const { server } of servers) await server.stop();
    for (const database of databases) await database.remove();
  }
}
