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

import type { Knex } from 'knex';
import crypto from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type BenchDatabase } from '../BenchDatabase';
import type { BenchOptions } from '../BenchOptions';
import { BenchServer } from '../BenchServer';
import { LISTED, LISTED_PREFIX } from '../definitions';
import { seedInstances } from '../seedInstances';
import { formatTable } from '../table';

/** What a table takes on the disk. */
interface TableSize {
  readonly table: string;
  readonly rows: number;
  /** Rows with their oversized values, without indices; bytes. */
  readonly heap: number;
  /** Bytes. */
  readonly indices: number;
}

const SIZES = `
  select
    relname as table,
    pg_table_size(oid) as heap,
    pg_indexes_size(oid) as indices
  from pg_class
  where relkind = 'r'
    and (relname like 'orchestrator\\_%' or relname like 'embedded\\_%')
  order by relname`;

async function sizesOf(knex: Knex): Promise<TableSize[]> {
  await knex.raw('vacuum analyze');
  const { rows } = await knex.raw(SIZES);
  return Promise.all(
    rows.map(async (row: Record<'table' | 'heap' | 'indices', string>) => {
      const [{ count }] = await knex(row.table).count({ count: '*' });
      return {
        table: row.table,
        rows: Number(count),
        heap: Number(row.heap),
        indices: Number(row.indices),
      };
    }),
  );
}

/** One line for each table in which runs leave rows. */
function lines(sizes: readonly TableSize[], runs: number): string[][] {
  return sizes
    .filter(({ table, rows }) => rows > 1 && !table.includes('migrations'))
    .map(({ table, rows, heap, indices }) => [
      table,
      String(rows),
      (rows / runs).toFixed(3),
      String(Math.round(heap / runs)),
      String(Math.round(indices / runs)),
      String(Math.round((heap + indices) / runs)),
    ]);
}

const COLUMNS = [
  'table',
  'rows',
  'rows/run',
  'heap bytes/run',
  'index bytes/run',
  'bytes/run',
];

async function measureIndex(
  database: BenchDatabase,
  runs: number,
): Promise<string> {
  const { knex, close } = await database.open();
  try {
    await seedInstances(knex, {
      runs,
      owner: 'user:default/owner',
      owned: Math.round(runs / 50),
      workflowPrefix: LISTED_PREFIX,
      workflows: LISTED,
      asKept: true,
    });
    return formatTable(
      `What ${runs} runs take in the instance index, in ${LISTED} workflows by 51 people over 90 days`,
      COLUMNS,
      lines(await sizesOf(knex), runs),
    );
  } finally {
    await close();
  }
}

async function startRuns(server: BenchServer, runs: number, at: number) {
  const token = server.staticToken();
  let left = runs;
  await Promise.all(
    Array.from({ length: at }, async () => {
      while (left > 0) {
        left -= 1;
        const answer = await fetch(
          `${server.orchestrator}/v2/workflows/three-steps/execute`,
          {
            method: 'POST',
            headers: {
              Authorization: `Bearer ${token}`,
              'Content-Type': 'application/json',
              'Idempotency-Key': crypto.randomUUID(),
            },
            body: '{"inputData":{},"targetEntity":"component:default/service-42"}',
          },
        );
        if (!answer.ok) throw new Error(`A start failed: ${answer.status}`);
        await answer.text();
      }
    }),
  );
}

/** Waits until every run has ended and every row of the audit log is sealed. */
async function untilSettled(knex: Knex, runs: number) {
  for (;;) {
    const [{ ended }] = await knex('orchestrator_runs')
      .whereNotNull('ended_at')
      .count({ ended: '*' });
    const [{ open }] = await knex('orchestrator_audit')
      .whereNull('seq')
      .count({ open: '*' });
    if (Number(ended) >= runs && Number(open) === 0) return;
    await delay(200);
  }
}

async function measureRuns(
  database: BenchDatabase,
  definitions: string,
  runs: number,
  concurrency: number,
): Promise<string> {
  const server = await BenchServer.start(database, definitions);
  try {
    const { knex, close } = await database.open();
    try {
      await startRuns(server, runs, concurrency);
      await untilSettled(knex, runs);
      return formatTable(
        `What ${runs} runs of three steps take, started over HTTP, with all that belongs to them`,
        COLUMNS,
        lines(await sizesOf(knex), runs),
      );
    } finally {
      await close();
    }
  } finally {
    await server.stop();
  }
}

/**
 * The rows and bytes that runs leave in each table, on PostgreSQL. The figures of the load model in the documentation are from
 * here.
 *
 * @param createDatabase - makes an empty one
 */
export async function benchStorage(
  createDatabase: () => BenchDatabase,
  definitions: string,
  options: BenchOptions,
): Promise<string> {
  const [indexed, started] = [createDatabase(), createDatabase()];
  try {
    const { storedRuns, engineRuns, concurrency } = options;
    return [
      await measureIndex(indexed, storedRuns),
      await measureRuns(started, definitions, engineRuns * 20, concurrency),
    ].join('\n');
  } finally {
    await indexed.remove();
    await started.remove();
  }
}
