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

import { setTimeout as delay } from 'node:timers/promises';
import type { BenchDatabase } from '../BenchDatabase';
import type { BenchOptions } from '../BenchOptions';
import { BenchServer } from '../BenchServer';
import type { FloodCredential } from '../flood/credentials';
import { Flood } from '../flood/Flood';
import { type LoadRequest, runLoad } from '../load';
import { always, type Measurement, measureInRounds } from '../rounds';
import { seedTokens } from '../seedTokens';
import { median, percentile } from '../statistics';
import { formatTable, milliseconds, perSecond, ratio } from '../table';

const ADMIN = 'user:default/admin';

/** How long a caller waits between two requests while there is a flood; milliseconds. */
const CALLER_PAUSE = 20;

/** How long the callers have to connect before a flood begins; seconds. */
const CONNECT_SECONDS = 0.2;

/** How long a flood goes on before anybody is measured in it; seconds. */
const FLOOD_LEAD_SECONDS = 0.3;

interface TokenServer {
  readonly stored: number;
  readonly server: BenchServer;
  readonly open: LoadRequest;
  readonly whoami: LoadRequest;
}

interface FloodKind {
  readonly name: string;
  readonly credential: FloodCredential;
  readonly urlOf: (server: TokenServer) => string;
  /** The statuses of its answers. */
  readonly answers: readonly string[];
}

/** The first is what the others are measured against. */
const FLOODS: readonly FloodKind[] = [
  {
    name: 'the open route',
    credential: 'garbage',
    urlOf: ({ open }) => open.url,
    answers: ['200'],
  },
  {
    name: 'whoami, garbage',
    credential: 'garbage',
    urlOf: ({ whoami }) => whoami.url,
    answers: ['401', '429'],
  },
  {
    name: 'whoami, made-up tokens',
    credential: 'made-up',
    urlOf: ({ whoami }) => whoami.url,
    answers: ['401', '429', '503'],
  },
];

async function startServer(
  database: BenchDatabase,
  stored: number,
  definitions: string,
): Promise<TokenServer> {
  const { knex, close } = await database.open();
  try {
    await seedTokens(knex, stored);
  } finally {
    await close();
  }
  const server = await BenchServer.start(database, definitions);
  const minted = (await server.call(
    await server.userToken(ADMIN),
    'POST',
    '/v2/tokens',
    {
      kind: 'service',
      name: 'bench',
      scopes: ['workflows:read', 'workflows:execute', 'instances:read'],
    },
  )) as { secret: string };
  const body = await server.call(minted.secret, 'GET', '/v2/whoami');
  await server.putBody('service-token', body);
  return {
    stored,
    server,
    open: { url: `${server.bench}/open/service-token` },
    whoami: {
      url: `${server.orchestrator}/v2/whoami`,
      headers: { Authorization: `Bearer ${minted.secret}` },
    },
  };
}

interface FloodResult {
  readonly latencies: readonly number[];
  readonly floodPerSecond: number;
}

/** Valid callers while there is a flood at a rate. */
async function callInFlood(
  server: TokenServer,
  kind: FloodKind,
  requestsPerSecond: number,
  options: BenchOptions,
): Promise<FloodResult> {
  const flood = await Flood.create();
  try {
    const called = runLoad({
      next: () => server.whoami,
      concurrency: options.concurrency,
      seconds: options.seconds,
      pauseMs: CALLER_PAUSE,
      leadSeconds: CONNECT_SECONDS + FLOOD_LEAD_SECONDS,
    });
    // The callers are connected by then: a busy server takes one new connection after the other.
    const begun = delay(CONNECT_SECONDS * 1_000).then(() =>
      flood.begin({
        url: kind.urlOf(server),
        credential: kind.credential,
        requestsPerSecond,
      }),
    );
    const [{ latencies }] = await Promise.all([called, begun]);
    const { answers, seconds } = await flood.end(kind.answers);
    return { latencies, floodPerSecond: answers / seconds };
  } finally {
    flood.kill();
  }
}

const titleOf = ({ stored }: TokenServer) => `${stored} tokens stored`;

function rateRows(measurements: readonly Measurement[]): string[][] {
  return measurements.map(one => [
    one.name,
    perSecond(one.requestsPerSecond),
    milliseconds(one.p50),
    milliseconds(one.p99),
    one.ratio === undefined ? '' : ratio(one.ratio),
  ]);
}

async function measureRates(
  servers: readonly TokenServer[],
  options: BenchOptions,
): Promise<Measurement[]> {
  return measureInRounds(
    servers.flatMap(server => {
      const open = `open route, ${titleOf(server)}`;
      return [
        { name: open, prepare: always(server.open) },
        {
          name: `whoami, ${titleOf(server)}`,
          prepare: always(server.whoami),
          against: open,
        },
      ];
    }),
    options,
  );
}

/** Half of what the open route can take now: what else goes on in the machine changes from minute to minute. */
async function halfOfOpenRate(
  server: TokenServer,
  options: BenchOptions,
): Promise<number> {
  const { requestsPerSecond } = await runLoad({
    next: () => server.open,
    concurrency: options.concurrency,
    seconds: options.seconds / 2,
  });
  return requestsPerSecond / 2;
}

async function measureFloods(
  servers: readonly TokenServer[],
  options: BenchOptions,
): Promise<string[][]> {
  const results = new Map(
    servers.map(server => [server, FLOODS.map((): FloodResult[] => [])]),
  );
  // Round 0 warms up and is forgotten.
  for (let round = 0; round <= options.rounds; round += 1) {
    for (const [server, own] of results) {
      const rate = await halfOfOpenRate(server, options);
      for (const [n, kind] of FLOODS.entries()) {
        const result = await callInFlood(server, kind, rate, options);
        if (round > 0) own[n].push(result);
      }
    }
  }
  return [...results].flatMap(([server, own]) =>
    own.map((one, n) => {
      const latencies = one.flatMap(result => result.latencies);
      return [
        `${FLOODS[n].name}, ${titleOf(server)}`,
        perSecond(median(one.map(result => result.floodPerSecond))),
        milliseconds(percentile(latencies, 0.5)),
        milliseconds(percentile(latencies, 0.99)),
        n === 0 ? '' : ratio(medianRatio(one, own[0])),
      ];
    }),
  );
}

/** The median over the rounds of how the p99 compares. */
function medianRatio(
  own: readonly FloodResult[],
  against: readonly FloodResult[],
): number {
  const p99Of = ({ latencies }: FloodResult) => percentile(latencies, 0.99);
  return median(
    own.map((result, round) => p99Of(result) / p99Of(against[round])),
  );
}

/**
 * `whoami` by a managed token against an open route with the same body; and how callers with a valid token fare in a flood of bad
 * ones, at half the rate that the open route can take, against the same flood to the open route. Both with no and with many
 * other tokens stored, side by side.
 *
 * @param createDatabase - makes an empty database for one of the servers
 * @param definitions - the folder with the workflows' definitions
 */
export async function benchTokens(
  createDatabase: () => BenchDatabase,
  definitions: string,
  options: BenchOptions,
): Promise<string> {
  const databases: BenchDatabase[] = [];
  const servers: TokenServer[] = [];
  try {
    for (const stored of options.storedTokens) {
      const database = createDatabase();
      databases.push(database);
      servers.push(await startServer(database, stored, definitions));
    }
    const rates = await measureRates(servers, options);
    const floods = await measureFloods(servers, options);
    const [{ name }] = databases;
    return [
      formatTable(
        `A managed token on ${name}: whoami against the open route above it`,
        ['route', 'requests/s', 'p50 ms', 'p99 ms', 'ratio'],
        rateRows(rates),
      ),
      formatTable(
        `Valid callers in a flood on ${name}: their p99 against that in the same flood to the open route`,
        ['flood to', 'flood/s', 'p50 ms', 'p99 ms', 'ratio'],
        floods,
      ),
    ].join('\n');
  } finally {
    for (const { server } of servers) await server.stop();
    for (const database of databases) await database.remove();
  }
}
