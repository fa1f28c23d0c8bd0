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

import type { TestDatabaseId } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import {
  call,
  ended,
  register,
  start,
  testDatabases,
  testEngine,
  until,
} from '../__testUtils__/engines';
import { RestStub } from '../__testUtils__/restStub';
import { RunStore } from '../store/RunStore';

/* What a run lives through: new versions of its definition, a database that is away for a while, answers that come too late. */

const databases = testDatabases();

jest.setTimeout(60_000);

/** A definition whose run waits for an event and then makes a call; it says its version at its end. */
const versioned = (version: string): JsonObject => ({
  id: 'versioned',
  version,
  specVersion: '0.8',
  name: 'versioned',
  start: 'Before',
  functions: [{ name: 'get', type: 'custom', operation: 'rest:get:/one' }],
  events: [{ name: 'go', type: 'endurance.go', source: '' }],
  states: [
    {
      name: 'Before',
      type: 'inject',
      data: { v: version },
      transition: 'Wait',
    },
    {
      name: 'Wait',
      type: 'event',
      onEvents: [{ eventRefs: ['go'] }],
      transition: `Call${version}`,
    },
    {
      name: `Call${version}`,
      type: 'operation',
      actions: [{ functionRef: 'get' }],
      transition: `End${version}`,
    },
    {
      name: `End${version}`,
      type: 'inject',
      data: { ended: version },
      end: true,
    },
  ],
});

describe.each(databases.eachSupportedId())(
  'a run, on %p',
  (databaseId: TestDatabaseId) => {
    let stub: RestStub;
    let knex: Knex;
    let engine: WorkflowEngine;

    beforeAll(async () => {
      stub = await RestStub.start();
      knex = await databases.init(databaseId);
      engine = await testEngine(knex, {
        config: {
          egress: [stub.url],
          functions: new Map([['get', { baseUrl: stub.url }]]),
        },
      });
      await engine.begin?.();
    });

    afterEach(() => jest.restoreAllMocks());

    afterAll(async () => {
      await engine.stop();
      await stub.stop();
    });

    it('goes on by the version that it was started with, also after an error', async () => {
      stub.reset({ 'GET /one': [{ status: 500 }, { body: { one: 1 } }] });
      await register(engine, versioned('1'));
      const id = await start(engine, 'versioned');
      await engine.definitions!.replace(
        'versioned',
        { source: JSON.stringify(versioned('2')), format: 'json' },
        call,
      );
      await engine.signal(id, { name: 'go', data: { e: 1 } }, call);
      const failed = await until(engine, id, ({ state }) => state === 'ERROR');
      expect(failed.error?.nodeDefinitionId).toMatch(/^Call1/);
      await engine.retrigger(id, call);

      expect(await ended(engine, id)).toMatchObject({
        state: 'COMPLETED',
        data: { v: '1', e: 1, one: 1, ended: '1' },
      });
      expect(stub.calls).toHaveLength(2);
    });

    it('outlives a database that stores nothing for a while, and repeats no call', async () => {
      stub.reset({ 'GET /one': [{ body: { one: 1 } }] });
      await register(engine, { ...versioned('3'), id: 'outage' });
      const id = await start(engine, 'outage');
      await until(engine, id, run =>
        run.nodes.some(({ name, exit }) => name === 'Wait' && !exit),
      );
      const { commit } = RunStore.prototype;
      let failures = 0;
      jest
        .spyOn(RunStore.prototype, 'commit')
        .mockImplementation(async function failing(
          this: RunStore,
          ...given: Parameters<typeof commit>
        ) {
          if (failures < 6 && stub.calls.length > 0) {
            failures += 1;
            throw new Error('the connection is gone');
          }
          return commit.apply(this, given);
        });
      await engine.signal(id, { name: 'go', data: {} }, call);

      expect(await ended(engine, id)).toMatchObject({
        state: 'COMPLETED',
        data: { v: '3', one: 1, ended: '3' },
      });
      expect(failures).toBe(6);
      expect(stub.calls).toHaveLength(1);
    });

    it('takes no answer that comes after its time', async () => {
      let answer = () => {};
      const gate = new Promise<void>(resolve => {
        answer = resolve;
      });
      stub.reset({ 'GET /one': [{ after: gate, body: { late: true } }] });
      await register(engine, {
        id: 'late',
        start: 'Call',
        functions: [
          { name: 'get', type: 'custom', operation: 'rest:get:/one' },
        ],
        errors: [
          { name: 'late', code: 'java.util.concurrent.TimeoutException' },
        ],
        events: [{ name: 'go', type: 'endurance.go', source: '' }],
        states: [
          {
            name: 'Call',
            type: 'operation',
            timeouts: { actionExecTimeout: 'PT0.1S' },
            actions: [{ functionRef: 'get' }],
            onErrors: [{ errorRef: 'late', transition: 'Wait' }],
            end: true,
          },
          {
            name: 'Wait',
            type: 'event',
            onEvents: [{ eventRefs: ['go'] }],
            end: true,
          },
        ],
      });
      const id = await start(engine, 'late');
      await until(engine, id, run =>
        run.nodes.some(({ name }) => name === 'Wait'),
      );
      const row = await knex('embedded_runs').where({ id }).first();
      answer();
      await engine.signal(id, { name: 'go', data: { e: 1 } }, call);

      expect(row.status).toBe('ACTIVE');
      expect(await ended(engine, id)).toMatchObject({
        state: 'COMPLETED',
        data: { e: 1 },
      });
      expect(stub.calls).toHaveLength(1);
    });
  },
);
