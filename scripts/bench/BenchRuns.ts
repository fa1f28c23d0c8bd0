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
import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import crypto from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ANSWER, ASKING, WAITED_FOR, WAITING } from './definitions';

const CALLER = 'external:bench';

/** Does a thing many times, a few at a time. */
export async function repeat(
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

/** Runs of an engine that is asked directly. */
export class BenchRuns {
  /** What runs are woken with. */
  static readonly EVENT = { by: CALLER, approved: true };

  readonly #engine: WorkflowEngine;
  readonly #knex: Knex;

  constructor(engine: WorkflowEngine, knex: Knex) {
    this.#engine = engine;
    this.#knex = knex;
  }

  startSteps(): Promise<string> {
    return this.#start('three-steps');
  }

  startWaiting(): Promise<string> {
    return this.#start(WAITING);
  }

  async wake(runId: string): Promise<void> {
    await this.#engine.signal(
      runId,
      { name: WAITED_FOR, data: BenchRuns.EVENT },
      { caller: CALLER },
    );
  }

  /** Starts a run that asks, and then waits for its answer. */
  startAsking(number: number): Promise<string> {
    return this.#start(ASKING, { number });
  }

  async answer(runId: string, number: number): Promise<void> {
    await this.#engine.signal(
      runId,
      { name: ANSWER, data: { number } },
      { caller: CALLER },
    );
  }

  async untilAllEnded(): Promise<void> {
    const runs = () => this.#knex('embedded_runs');
    while (await runs().where({ status: 'ACTIVE' }).first('id')) {
      await delay(2);
    }
    const failed = await runs()
      .whereNotIn('status', ['ACTIVE', 'COMPLETED'])
      .first('id');
    if (failed) throw new Error('A workflow of the bench did not complete');
  }

  /** How many runs are in a state. */
  async count(status: string): Promise<number> {
    const row = await this.#knex('embedded_runs')
      .where({ status })
      .count<{ count: number | string }[]>({ count: '*' })
      .first();
    return Number(row?.count);
  }

  /** Resolves once nobody takes any run on. */
  async untilAllWait(): Promise<void> {
    while (
      await this.#knex('embedded_runs').whereNotNull('owner').first('id')
    ) {
      await delay(2);
    }
  }

  async #start(definitionId: string, input: JsonObject = {}): Promise<string> {
    const { id } = await this.#engine.start(
      {
        runId: crypto.randomUUID(),
        definitionId,
        input,
        provenance: { initiator: CALLER, workspace: 'default' },
      },
      { caller: CALLER },
    );
    return id;
  }
}
