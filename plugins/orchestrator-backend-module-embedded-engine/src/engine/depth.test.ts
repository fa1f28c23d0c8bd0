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
import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import {
  register,
  run,
  start,
  testDatabases,
  testEngine,
} from '../__testUtils__/engines';
import { RestStub } from '../__testUtils__/restStub';

const databases = testDatabases();

/** A value of so many levels. */
function nested(levels: number): JsonValue {
  return JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
}

jest.setTimeout(60_000);

describe('values that are nested too deeply', () => {
  let stub: RestStub;
  let engine: WorkflowEngine;

  beforeAll(async () => {
    stub = await RestStub.start();
    const knex = await databases.init('SQLITE_3');
    engine = await testEngine(knex, { config: { egress: [stub.url] } });
    await engine.begin?.();
    await register(engine, {
      id: 'gets',
      start: 'Get',
      functions: [
        { name: 'get', type: 'custom', operation: `rest:get:${stub.url}/deep` },
      ],
      states: [
        {
          name: 'Get',
          type: 'operation',
          actions: [
            {
              functionRef: 'get',
              actionDataFilter: { toStateData: '.answer' },
            },
          ],
          end: true,
        },
      ],
    });
    await register(engine, {
      id: 'wraps',
      start: 'Wrap',
      states: [
        {
          name: 'Wrap',
          type: 'inject',
          data: {},
          stateDataFilter: { output: '{ inner: . }' },
          transition: 'Again',
        },
        {
          name: 'Again',
          type: 'switch',
          dataConditions: [{ condition: '.never', end: true }],
          defaultCondition: { transition: 'Wrap' },
        },
      ],
    });
  });

  afterAll(async () => {
    await engine.stop();
    await stub.stop();
  });

  it('are no input', async () => {
    for (const levels of [200, 100_000]) {
      await expect(
        start(engine, 'gets', { value: nested(levels) }),
      ).rejects.toMatchObject({
        name: 'InputError',
        faults: [
          { path: '', message: 'must not be nested deeper than 200 levels' },
        ],
      });
    }
  });

  it.each([
    [199, { state: 'COMPLETED' }],
    [
      200,
      {
        state: 'ERROR',
        error: 'The data of the run are nested deeper than 200 levels',
      },
    ],
    [
      201,
      {
        state: 'ERROR',
        error: expect.stringContaining(
          'its answer is nested deeper than 200 levels',
        ),
      },
    ],
    [
      100_000,
      {
        state: 'ERROR',
        error: expect.stringContaining(
          'its answer is nested deeper than 200 levels',
        ),
      },
    ],
  ])('as an answer of %p levels', async (levels, expected) => {
    stub.answer('GET /deep', () => ({
      text: `${'['.repeat(levels)}${']'.repeat(levels)}`,
    }));
    expect(await run(engine, 'gets', { value: nested(199) })).toMatchObject(
      expected,
    );
  });

  it('are the end of a run that makes them step by step', async () => {
    expect(await run(engine, 'wraps', {})).toMatchObject({
      state: 'ERROR',
      error: expect.stringContaining('nested deeper than 200 levels'),
    });
  });
});
