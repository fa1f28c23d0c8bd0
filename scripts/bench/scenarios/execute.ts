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

import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { BenchDatabase } from '../BenchDatabase';
import type { BenchOptions } from '../BenchOptions';
import { BenchServer } from '../BenchServer';
import { runLoad } from '../load';
import { percentile } from '../statistics';
import { formatTable, milliseconds, perSecond } from '../table';

/** Waits until no run of the caller is under way. */
async function untilAllEnded(server: BenchServer, token: string) {
  for (;;) {
    const answer = (await server.call(
      token,
      'POST',
      '/v2/workflows/instances',
      {
        paginationInfo: { pageSize: 1, offset: 0 },
        filters: {
          field: 'state',
          operator: 'IN',
          value: ['PENDING', 'ACTIVE'],
        },
      },
    )) as { items: unknown[] };
    if (answer.items.length === 0) return;
    await delay(100);
  }
}

async function measure(
  database: BenchDatabase,
  definitions: string,
  options: BenchOptions,
): Promise<string[]> {
  const server = await BenchServer.start(database, definitions);
  try {
    const token = server.staticToken();
    const burst = (seconds: number) =>
      runLoad({
        next: () => ({
          method: 'POST',
          url: `${server.orchestrator}/v2/workflows/three-steps/execute`,
          headers: { Authorization: `Bearer ${token}` },
          body: '{"inputData":{}}',
        }),
        concurrency: options.concurrency,
        seconds,
      });
    await burst(options.seconds);
    await untilAllEnded(server, token);

    const begin = performance.now();
    const { requestsPerSecond, latencies } = await burst(
      options.seconds * options.rounds,
    );
    await untilAllEnded(server, token);
    const seconds = (performance.now() - begin) / 1000;
    return [
      database.name,
      perSecond(requestsPerSecond),
      milliseconds(percentile(latencies, 0.5)),
      milliseconds(percentile(latencies, 0.99)),
      perSecond(latencies.length / seconds),
    ];
  } finally {
    await server.stop();
  }
}

/** Starts workflows of three steps through the API, and waits for their ends. */
export async function benchExecute(
  databases: readonly BenchDatabase[],
  definitions: string,
  options: BenchOptions,
): Promise<string> {
  const rows: string[][] = [];
  for (const database of databases) {
    rows.push(await measure(database, definitions, options));
  }
  return formatTable(
    'POST execute of a workflow of three steps, by a static token',
    ['database', 'requests/s', 'p50 ms', 'p99 ms', 'ended/s'],
    rows,
  );
}
