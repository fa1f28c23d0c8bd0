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
import type { Knex } from 'knex';
import { performance } from 'node:perf_hooks';
import { type BenchDatabase, silentLogger } from '../BenchDatabase';
import type { BenchOptions } from '../BenchOptions';
import { BenchRuns, repeat } from '../BenchRuns';
import { PlainWakes } from '../plain/PlainWakes';
import { PlainWorkflows } from '../plain/PlainWorkflows';
import { readStoredRun } from '../plain/storedRun';
import { median, percentile } from '../statistics';
import { formatTable, milliseconds, perSecond, ratio } from '../table';

/** What the engine must reach of the same transactions by knex alone. */
const MIN_RATIO = 0.4;
/** What half of the starts must stay within; milliseconds. */
const MAX_START_P50 = 5;

/** What a first sketch of the engine reached, without a log, a history or limits: on two cores, in one run. */
const SKETCH: Record<string, { start: string; steps: string; wakes: string }> =
  {
    SQLite: { start: '0.19', steps: '1281', wakes: '3274' },
    PostgreSQL: { start: '0.96', steps: '593', wakes: '1177' },
  };

/** The rates of the engine and of knex alone in one round; per second. */
interface Rates {
  readonly engine: number;
  readonly plain: number;
}

interface Results {
  readonly database: string;
  /** Milliseconds of starts, one at a time. */
  readonly starts: readonly number[];
  readonly steps: readonly Rates[];
  readonly wakes: readonly Rates[];
}

/** The rate of something that is done so often; per second. */
async function rateOf(
  times: number,
  work: () => Promise<void>,
): Promise<number> {
  const begin = performance.now();
  await work();
  return (times * 1000) / (performance.now() - begin);
}

/** Measures in turns, since what else goes on in the machine changes from minute to minute; round 0 warms up and is forgotten. */
async function inRounds<T>(
  { rounds }: BenchOptions,
  round: () => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (let n = 0; n <= rounds; n += 1) {
    const result = await round();
    if (n > 0) results.push(result);
  }
  return results;
}

async function measureStarts(
  runs: BenchRuns,
  options: BenchOptions,
): Promise<number[]> {
  const times = Math.ceil(options.engineRuns / 5);
  const rounds = await inRounds(options, async () => {
    const taken: number[] = [];
    for (let n = 0; n < times; n += 1) {
      const begin = performance.now();
      await runs.startSteps();
      taken.push(performance.now() - begin);
      await runs.untilAllEnded();
    }
    return taken;
  });
  return rounds.flat();
}

async function measureSteps(
  runs: BenchRuns,
  knex: Knex,
  options: BenchOptions,
): Promise<Rates[]> {
  const first = await runs.startSteps();
  await runs.untilAllEnded();
  const plain = await PlainWorkflows.like(knex, first);
  const { engineRuns: times, concurrency } = options;
  return inRounds(options, async () => ({
    engine: await rateOf(times, async () => {
      await repeat(times, concurrency, () => runs.startSteps());
      await runs.untilAllEnded();
    }),
    plain: await rateOf(times, () =>
      repeat(times, concurrency, () => plain.runOne()),
    ),
  }));
}

async function measureWakes(
  runs: BenchRuns,
  knex: Knex,
  options: BenchOptions,
): Promise<Rates[]> {
  const first = await runs.startWaiting();
  await runs.untilAllWait();
  const waiting = await readStoredRun(knex, first);
  await runs.wake(first);
  await runs.untilAllEnded();
  const plain = new PlainWakes(knex, waiting, await readStoredRun(knex, first));
  const body = JSON.stringify(BenchRuns.EVENT);
  const { engineRuns: times, concurrency } = options;
  return inRounds(options, async () => {
    const ids: string[] = [];
    await repeat(times, concurrency, async () => {
      ids.push(await runs.startWaiting());
    });
    await runs.untilAllWait();
    const engine = await rateOf(times, async () => {
      await repeat(times, concurrency, () => runs.wake(ids.pop()!));
      await runs.untilAllEnded();
    });
    await plain.prepare(times);
    return {
      engine,
      plain: await rateOf(times, () =>
        repeat(times, concurrency, () => plain.wakeOne(body)),
      ),
    };
  });
}

async function measure(
  database: BenchDatabase,
  definitions: string,
  options: BenchOptions,
): Promise<Results> {
  const { knex, close } = await database.open();
  const engine = await createEmbeddedEngine({
    knex,
    logger: silentLogger,
    config: { definitions: [{ folder: definitions }] },
  });
  try {
    await engine.begin?.();
    const runs = new BenchRuns(engine, knex);
    return {
      database: database.name,
      starts: await measureStarts(runs, options),
      steps: await measureSteps(runs, knex, options),
      wakes: await measureWakes(runs, knex, options),
    };
  } finally {
    await engine.stop();
    await close();
  }
}

/** A line of a table of rates, held against what the engine must reach. */
function rateRow(
  name: string,
  what: string,
  rates: readonly Rates[],
  sketch: string,
  { bounds }: BenchOptions,
): string[] {
  const share = median(rates.map(rate => rate.engine / rate.plain));
  bounds.atLeast(`${what} on ${name} against plain knex`, share, MIN_RATIO);
  return [
    name,
    perSecond(median(rates.map(rate => rate.engine))),
    perSecond(median(rates.map(rate => rate.plain))),
    ratio(share),
    sketch,
  ];
}

/** The engine alone, jq in its worker: starts, workflows of three steps and wakes by events, against the same transactions by knex alone. */
export async function benchEngine(
  databases: readonly BenchDatabase[],
  definitions: string,
  options: BenchOptions,
): Promise<string> {
  const all: Results[] = [];
  for (const database of databases) {
    all.push(await measure(database, definitions, options));
  }
  const columns = ['database', 'engine/s', 'plain knex/s', 'ratio', 'sketch/s'];
  return [
    formatTable(
      'Starts of the engine, one at a time',
      ['database', 'p50 ms', 'p99 ms', 'p50 of the sketch'],
      all.map(({ database, starts }) => {
        const p50 = percentile(starts, 0.5);
        options.bounds.atMost(`start p50 on ${database}`, p50, MAX_START_P50);
        return [
          database,
          milliseconds(p50),
          milliseconds(percentile(starts, 0.99)),
          SKETCH[database].start,
        ];
      }),
    ),
    formatTable(
      'Workflows of three steps by the engine alone, jq in its worker',
      columns,
      all.map(({ database, steps }) =>
        rateRow(
          database,
          'three steps',
          steps,
          SKETCH[database].steps,
          options,
        ),
      ),
    ),
    formatTable(
      'Runs that wait for an event, from its signal to their ends',
      columns,
      all.map(({ database, wakes }) =>
        rateRow(
          database,
          'wake by event',
          wakes,
          SKETCH[database].wakes,
          options,
        ),
      ),
    ),
  ].join('\n');
}
