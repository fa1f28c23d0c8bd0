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

import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import {
  ended,
  register,
  start,
  testDatabases,
  testEngine,
} from '../__testUtils__/engines';

jest.setTimeout(60_000);

const databases = testDatabases();

/** A workflow that starts itself twice, and goes on whatever becomes of that. */
const bomb = {
  id: 'bomb',
  start: 'Twice',
  states: [
    {
      name: 'Twice',
      type: 'operation',
      actionMode: 'parallel',
      actions: [
        { name: 'one', subFlowRef: 'bomb' },
        { name: 'two', subFlowRef: 'bomb' },
      ],
      end: true,
    },
  ],
};

describe.each(databases.eachSupportedId())(
  'runs that one start leads to, %s',
  databaseId => {
    let knex: Knex;
    let engine: WorkflowEngine;

    beforeEach(async () => {
      knex = await databases.init(databaseId);
      engine = await testEngine(knex, {
        config: { limits: { depth: 12, runsPerStart: 9 } },
      });
      await engine.begin?.();
    });

    afterEach(() => engine.stop());

    it('are limited for sub-flows that start sub-flows', async () => {
      await register(engine, bomb);
      const id = await start(engine, 'bomb');
      const { error, state } = await ended(engine, id);
      expect(state).toBe('ERROR');
      expect(error).toBeDefined();
      const runs = await knex('embedded_runs').select(
        'id',
        'origin_id',
        'state',
      );
      // Those that are stored side by side may be a few too many; without the limit these would be 8191.
      expect(runs.length).toBeLessThan(30);
      expect(runs.length).toBeGreaterThanOrEqual(10);
      expect(runs.find(run => run.id === id).origin_id).toBeNull();
      expect(
        new Set(runs.filter(run => run.id !== id).map(run => run.origin_id)),
      ).toEqual(new Set([id]));
      expect(runs.map(run => run.state).join()).toContain(
        'has led to more than 9 runs',
      );
    });

    it('are counted for each start on its own', async () => {
      await register(engine, {
        id: 'leaf',
        start: 'Done',
        states: [{ name: 'Done', type: 'inject', data: {}, end: true }],
      });
      await register(engine, {
        id: 'tree',
        start: 'Each',
        states: [
          {
            name: 'Each',
            type: 'foreach',
            inputCollection: '.items',
            iterationParam: 'item',
            mode: 'sequential',
            actions: [{ name: 'leaf', subFlowRef: 'leaf' }],
            end: true,
          },
        ],
      });
      const items = (count: number) => ({ items: [...Array(count).keys()] });
      for (let i = 0; i < 2; i += 1) {
        const id = await start(engine, 'tree', items(9));
        expect((await ended(engine, id)).state).toBe('COMPLETED');
      }
      const id = await start(engine, 'tree', items(10));
      expect(await ended(engine, id)).toMatchObject({
        state: 'ERROR',
        error: { message: expect.stringContaining('more than 9 runs') },
      });
    });
  },
);
