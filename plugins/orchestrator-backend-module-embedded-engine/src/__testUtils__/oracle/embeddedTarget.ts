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

import type { JsonValue } from '@backstage/types';
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { testEngine } from '../engines';
import { raise } from '../events';
import { RestStub } from '../restStub';
import { type OracleAnswer, oracleFixtures } from './oracleCases';
import type { OracleTarget } from './OracleTarget';

const LOOK_MS = 10;

/** An answer of a case for the stub. */
function answerOf({ body, delayMs, ...rest }: OracleAnswer) {
  return {
    ...rest,
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(typeof body === 'string'
      ? {
          text: body,
          headers: { ...rest.headers, 'content-type': 'text/plain' },
        }
      : { body }),
  };
}

/** The runs with their sub-flows, as far as somebody takes them on, they are due by a time, or their events are not sent. */
async function isBusy(
  knex: Knex,
  runIds: readonly string[],
  by: number,
): Promise<boolean> {
  const rows: {
    id: string;
    owner: string | null;
    wake_at: number | string | null;
  }[] = await knex('embedded_runs')
    .whereIn('id', runIds)
    .orWhereIn('parent_id', runIds)
    .select('id', 'owner', 'wake_at');
  if (
    rows.some(
      ({ owner, wake_at: wake }) =>
        owner !== null || (wake !== null && Number(wake) <= by),
    )
  ) {
    return true;
  }
  const unsent = await knex('embedded_produced')
    .whereIn(
      'run_id',
      rows.map(({ id }) => id),
    )
    .first('seq');
  return unsent !== undefined;
}

/** An embedded engine with the definitions of the cases, on a database. */
export async function embeddedTarget(knex: Knex): Promise<OracleTarget> {
  const stub = await RestStub.start();
  const engine = await testEngine(knex, {
    config: {
      definitions: [
        { folder: path.join(oracleFixtures, 'variants') },
        { folder: path.join(oracleFixtures, 'definitions') },
      ],
      egress: [stub.url],
      functions: new Map(
        ['get', 'post', 'put'].map(name => [name, { baseUrl: stub.url }]),
      ),
      openapi: new Map([['stub', { baseUrl: stub.url, auth: new Map() }]]),
      secrets: new Map([
        ['oracle_secret', { value: 's3cr3t-value', workflows: ['exprArgs'] }],
      ]),
      events: { sink: `${stub.url}/sink`, crossWorkspace: [] },
    },
  });
  await engine.begin?.();
  let started: { definitionId: string; id: string }[] = [];
  return {
    engine,
    stub: {
      reset: script => {
        started = [];
        stub.reset(
          Object.fromEntries(
            Object.entries(script).map(([key, answers]) => [
              key,
              answers.map(answerOf),
            ]),
          ),
        );
      },
      seen: async () => ({
        calls: stub.calls.map(({ headers, ...rest }) => ({
          ...rest,
          headers: headers as Record<string, string>,
        })),
        emitted: stub.emitted.map(({ data, source, type }) => ({
          mode: 'binary' as const,
          type,
          source,
          ...(data === undefined ? {} : { data }),
        })),
      }),
    },
    send: async ({ data, source, type, ...extensions }) => {
      const event: EngineEvent = {
        id: randomUUID(),
        source,
        type,
        data: data as JsonValue,
        extensions: extensions as Record<string, string>,
      };
      started.push(...(await raise(engine, event)).started);
    },
    startedByEvents: async definitionId =>
      started
        .filter(run => run.definitionId === definitionId)
        .map(({ id }) => id),
    childrenOf: runId =>
      knex('embedded_runs')
        .where({ parent_id: runId })
        .orderBy('started_at')
        .pluck('id'),
    wait: async (runIds, milliseconds) => {
      const by = Date.now() + milliseconds;
      while (await isBusy(knex, runIds, by)) {
        await new Promise(resolve => {
          setTimeout(resolve, LOOK_MS);
        });
      }
    },
    close: async () => {
      await engine.stop();
      await stub.stop();
    },
  };
}
