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
import type { Knex } from 'knex';
import crypto from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { type BenchDatabase, silentLogger } from '../BenchDatabase';
import type { BenchOptions } from '../BenchOptions';
import { PlainWorkflows } from '../PlainWorkflows';
import { median } from '../statistics';
import { formatTable, perSecond, ratio } from '../table';

const CALLER = 'external:bench';

/** Does a thing many times, a few at a time. */
async function repeat(
  times: number,
  concurrency: number,
  one: () => Promise<unknown>,
) {
  let left = times;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left > 0) {
        left -= 1;
        await one();
      }
    }),
  );
}

async function startOne(engine: WorkflowEngine): Promise<string> {
  const { id } = await engine.start(
    {
      runId: crypto.randomUUID(),
      definitionId: 'three-steps',
      input: {},
      provenance: { initiator: CALLER, workspace: 'default' },
    },
    { caller: CALLER },
  );
  return id;
}

async function untilAllEnded(knex: Knex) {
  while (await knex('embedded_runs').where({ status: 'ACTIVE' }).first('id')) {
    await delay(10);
  }
  const failed = await knex('embedded_runs')
    .whereNot({ status: 'COMPLETED' })
    .first('id');
  if (failed) throw new Error('A workflow of the bench did not complete');
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

async function measure(
  database: BenchDatabase,
  definitions: string,
  options: BenchOptions,
): Promise<string[]> {
  const { knex, close } = await database.open();
  const engine = await createEmbeddedEngine({
    knex,
    logger: silentLogger,
    config: { definitions: [{ folder: definitions }] },
  });
  try {
    await engine.begin?.();
    const first = await startOne(engine);
    await untilAllEnded(knex);
    const plain = await PlainWorkflows.like(knex, first);

    const { engineRuns: times, concurrency } = options;
    const rates: { engine: number; plain: number }[] = [];
    // Round 0 warms up and is forgotten.
    for (let round = 0; round <= options.rounds; round += 1) {
      const rate = {
        engine: await rateOf(times, async () => {
          await repeat(times, concurrency, () => startOne(engine));
          await untilAllEnded(knex);
        }),
        plain: await rateOf(times, () =>
          repeat(times, concurrency, () => plain.runOne()),
        ),
      };
      if (round > 0) rates.push(rate);
    }
    return [
      database.name,
      perSecond(median(rates.map(rate => rate.engine))),
      perSecond(median(rates.map(rate => rate.plain))),
      ratio(median(rates.map(rate => rate.engine / rate.plain))),
    ];
  } finally {
    await engine.stop();
    await close();
  }
}

/** Workflows of three steps by the engine alone, against the same transactions by knex alone. */
export async function benchEngine(
  databases: readonly BenchDatabase[],
  definitions: string,
  options: BenchOptions,
): Promise<string> {
  const rows: string[][] = [];
  for (const database of databases) {
    rows.push(await measure(database, definitions, options));
  }
  return formatTable(
    'Workflows of three steps by the engine alone, jq in its worker',
    ['database', 'engine/s', 'plain knex/s', 'ratio'],
    rows,
  );
}
