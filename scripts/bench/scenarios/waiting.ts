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

import { createEmbeddedEngine } from '@flowgate/backstage-plugin-orchestrator-backend-module-embedded-engine';
import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import { setTimeout as delay } from 'node:timers/promises';
import { type BenchDatabase, silentLogger } from '../BenchDatabase';
import type { BenchOptions } from '../BenchOptions';
import { BenchRuns, repeat } from '../BenchRuns';
import { formatTable } from '../table';

/** What all runs that wait may take together. */
const MAX_MB = 100;
const MEGABYTE = 1024 * 1024;
/** Runs that go through everything before it is measured, so that it is not the code that is measured. */
const WARM_UP = 500;
/** How often memory is collected before it is measured. */
const COLLECTIONS = 5;
/** Runs that are read at a time. */
const PAGE = 500;

interface Memory {
  readonly heap: number;
  readonly rss: number;
}

/** What this process takes after everything that can be collected is; megabytes. */
async function measureMemory(): Promise<Memory> {
  if (!globalThis.gc) throw new Error('Node must be run with --expose-gc');
  for (let n = 0; n < COLLECTIONS; n += 1) {
    globalThis.gc();
    await delay(50);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: (heapUsed + external) / MEGABYTE, rss: rss / MEGABYTE };
}

async function startMany(
  runs: BenchRuns,
  count: number,
  concurrency: number,
): Promise<Map<string, number>> {
  const started = new Map<string, number>();
  let next = 0;
  await repeat(count, concurrency, async () => {
    next += 1;
    const number = next;
    started.set(await runs.startAsking(number), number);
  });
  await runs.untilAllWait();
  return started;
}

async function answerAll(
  runs: BenchRuns,
  started: readonly (readonly [string, number])[],
  concurrency: number,
) {
  const left = [...started];
  await repeat(left.length, concurrency, async () => {
    const [id, number] = left.pop()!;
    await runs.answer(id, number);
  });
}

/** Throws where a run has not ended with its own answer. */
async function checkAnswers(
  engine: WorkflowEngine,
  started: readonly (readonly [string, number])[],
) {
  for (let at = 0; at < started.length; at += PAGE) {
    const page = started.slice(at, at + PAGE);
    const found = await engine.getMany(
      page.map(([id]) => id),
      { caller: 'external:bench' },
    );
    for (const [id, number] of page) {
      const run = found.get(id);
      const data = run?.data as { answer?: { number: number } } | undefined;
      if (run?.state !== 'COMPLETED' || data?.answer?.number !== number) {
        throw new Error(`The run ${id} did not end with its answer`);
      }
    }
  }
}

async function measure(
  database: BenchDatabase,
  definitions: string,
  options: BenchOptions,
): Promise<string[]> {
  const { bounds, concurrency } = options;
  const waitingRuns = options.waitingRuns[database.name];
  const { knex, close } = await database.open();
  const engine = await createEmbeddedEngine({
    knex,
    logger: silentLogger,
    config: { definitions: [{ folder: definitions }] },
  });
  try {
    await engine.begin?.();
    const runs = new BenchRuns(engine, knex);
    const first = await startMany(runs, WARM_UP, concurrency);
    await answerAll(runs, [...first], concurrency);
    await runs.untilAllEnded();

    const before = await measureMemory();
    const started = [...(await startMany(runs, waitingRuns, concurrency))];
    const after = await measureMemory();
    if ((await runs.count('ACTIVE')) !== waitingRuns) {
      throw new Error('A run did not wait for its answer');
    }

    const half = Math.floor(waitingRuns / 2);
    const begin = performance.now();
    await answerAll(runs, started.slice(0, half), concurrency);
    while ((await runs.count('ACTIVE')) > waitingRuns - half) await delay(50);
    await checkAnswers(engine, started.slice(0, half));
    await answerAll(runs, started.slice(half), concurrency);
    await runs.untilAllEnded();
    const seconds = (performance.now() - begin) / 1_000;
    await checkAnswers(engine, started.slice(half));

    const heap = after.heap - before.heap;
    const rss = after.rss - before.rss;
    for (const [what, value] of [
      ['heap', heap],
      ['memory', rss],
    ] as const) {
      bounds.must(
        `${waitingRuns} runs that wait on ${
          database.name
        } take ${value.toFixed()} MB of ${what}, not less than ${MAX_MB}`,
        value < MAX_MB,
      );
    }
    return [
      database.name,
      String(waitingRuns),
      heap.toFixed(1),
      rss.toFixed(1),
      seconds.toFixed(1),
    ];
  } finally {
    await engine.stop();
    await close();
  }
}

/** What runs take that wait for the answers to their callbacks; then each is answered, and ends with its own answer. */
export async function benchWaiting(
  databases: readonly BenchDatabase[],
  definitions: string,
  options: BenchOptions,
): Promise<string> {
  const rows: string[][] = [];
  for (const database of databases) {
    rows.push(await measure(database, definitions, options));
  }
  return formatTable(
    'Runs that wait on a callback, and what they take more than none',
    ['database', 'runs', 'heap MB', 'RSS MB', 'seconds until all have ended'],
    rows,
  );
}
