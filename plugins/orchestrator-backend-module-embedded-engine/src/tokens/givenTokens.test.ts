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
import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import {
  call,
  ended,
  register,
  testDatabases,
  testEngine,
  until,
} from '../__testUtils__/engines';
import { RestStub } from '../__testUtils__/restStub';

jest.setTimeout(60_000);

const KEY = 'a key of sixteen characters';
const TOKEN = 'ghp_hunter2-and-more+/=';

const databases = testDatabases();

let stub: RestStub;
beforeAll(async () => {
  stub = await RestStub.start();
});
afterAll(() => stub.stop());

/** Calls with the token of whoever started it; then waits, and calls again. */
const definition = () => ({
  id: 'given',
  start: 'First',
  auth: [
    {
      name: 'mine',
      scheme: 'bearer',
      properties: { metadata: { provider: 'github' } },
    },
  ],
  functions: [
    {
      name: 'get',
      type: 'custom',
      operation: `rest:get:${stub.url}/first`,
      authRef: 'mine',
    },
    {
      name: 'again',
      type: 'custom',
      operation: `rest:get:${stub.url}/second`,
      authRef: 'mine',
    },
    { name: 'log', type: 'custom', operation: 'sysout' },
  ],
  events: [{ name: 'go', type: 'go', source: 'test' }],
  states: [
    {
      name: 'First',
      type: 'operation',
      actions: [
        {
          functionRef: { refName: 'get' },
          actionDataFilter: { toStateData: '.first' },
        },
        { functionRef: { refName: 'log', arguments: { message: '.first' } } },
      ],
      transition: 'Wait',
    },
    {
      name: 'Wait',
      type: 'event',
      onEvents: [{ eventRefs: ['go'] }],
      transition: 'Second',
    },
    {
      name: 'Second',
      type: 'operation',
      actions: [
        {
          functionRef: { refName: 'again' },
          actionDataFilter: { toStateData: '.second' },
        },
      ],
      end: true,
    },
  ],
});

/** Credentials as the plugin gives them along. */
const along = (token: string, provider = 'github') => ({
  ...call,
  downstream: {
    authTokens: [{ provider, token }],
    pluginToken: async () => undefined,
  },
});

describe.each(databases.eachSupportedId())(
  'tokens that are given along, on %s',
  id => {
    let knex: Knex;
    const engines: WorkflowEngine[] = [];

    async function engineWith(secretKey?: string): Promise<WorkflowEngine> {
      const engine = await testEngine(knex, {
        config: { egress: [stub.url], ...(secretKey ? { secretKey } : {}) },
      });
      engines.push(engine);
      await engine.begin?.();
      return engine;
    }

    async function start(
      engine: WorkflowEngine,
      token = TOKEN,
      provider?: string,
      definitionId = 'given',
    ) {
      const runId = randomUUID();
      await engine.start(
        {
          definitionId,
          runId,
          input: {},
          provenance: { initiator: 'user:default/test', workspace: 'default' },
        },
        along(token, provider),
      );
      return runId;
    }

    /** Waits until the run has made its first call. */
    const waits = (engine: WorkflowEngine, runId: string) =>
      until(engine, runId, run =>
        run.nodes.some(({ name, exit }) => name === 'Wait' && !exit),
      );

    const go = (engine: WorkflowEngine, runId: string) =>
      engine.signal(runId, { name: 'go', data: {} }, call);

    const authorizations = () =>
      stub.calls.map(({ headers, path }) => [path, headers.authorization]);

    /** All that the engine has stored, as text. */
    async function dump(): Promise<string> {
      const tables = [
        'embedded_runs',
        'embedded_tokens',
        'embedded_history',
        'embedded_inbox',
        'embedded_produced',
      ];
      const all = [];
      for (const table of tables) {
        all.push(await knex(table).select());
      }
      return JSON.stringify(all);
    }

    beforeAll(async () => {
      knex = await databases.init(id);
      const engine = await engineWith(KEY);
      const given = definition();
      await register(engine, given);
      await register(engine, {
        ...given,
        id: 'child',
        start: 'Second',
        events: [],
        states: given.states.slice(2),
      });
      const nested = (parentId: string, workflowId: string) => ({
        id: parentId,
        start: 'Nest',
        states: [
          {
            name: 'Nest',
            type: 'operation',
            actions: [{ subFlowRef: workflowId }],
            end: true,
          },
        ],
      });
      await register(engine, nested('between', 'child'));
      await register(engine, nested('parent', 'between'));
      await register(engine, {
        ...given,
        id: 'above',
        start: 'Nest',
        states: [
          {
            name: 'Nest',
            type: 'operation',
            actions: [
              {
                subFlowRef: {
                  workflowId: 'child',
                  invoke: 'async',
                  onParentComplete: 'continue',
                },
              },
            ],
            transition: 'Wait',
          },
          { ...given.states[1], transition: 'First' },
          { ...given.states[0], transition: undefined, end: true },
        ],
      });
    });
    beforeEach(() => {
      stub.reset();
      stub.answer('GET /first', ({ headers }) => ({
        body: { saw: headers.authorization ?? null },
      }));
      stub.answer('GET /second', ({ headers }) => ({
        body: { saw: headers.authorization ?? null },
      }));
    });
    afterEach(async () => {
      for (const engine of engines.splice(0)) {
        await engine.stop();
      }
      await knex('embedded_tokens').delete();
    });

    it('are sent also after a restart, read by nobody, and gone at the end', async () => {
      const engine = await engineWith(KEY);
      const runId = await start(engine);
      await waits(engine, runId);
      const before = await dump();
      expect(await knex('embedded_tokens').pluck('run_id')).toEqual([runId]);
      await engine.stop();
      const another = await engineWith(KEY);
      await go(another, runId);
      const run = await ended(another, runId);
      expect(run).toMatchObject({
        state: 'COMPLETED',
        data: {
          first: { saw: 'Bearer <redacted>' },
          second: { saw: 'Bearer <redacted>' },
        },
      });
      expect(authorizations()).toEqual([
        ['/first', `Bearer ${TOKEN}`],
        ['/second', `Bearer ${TOKEN}`],
      ]);
      expect(await knex('embedded_tokens').pluck('run_id')).toEqual([]);
      const logs = await another.logs(runId, call);
      for (const text of [before, await dump(), JSON.stringify([run, logs])]) {
        for (const form of [
          TOKEN,
          encodeURIComponent(TOKEN),
          Buffer.from(TOKEN).toString('hex'),
          Buffer.from(TOKEN).toString('base64').replace(/=+$/, ''),
        ]) {
          expect(text).not.toContain(form);
        }
      }
    });

    it('are lost with a restart where there is no key: the run fails by name, and goes on with a retrigger that brings one', async () => {
      const engine = await engineWith();
      const runId = await start(engine);
      await waits(engine, runId);
      expect(
        JSON.stringify(await knex('embedded_tokens').select()),
      ).not.toContain('hunter2');
      await engine.stop();
      const another = await engineWith();
      await go(another, runId);
      expect(await ended(another, runId)).toMatchObject({
        state: 'ERROR',
        error: {
          message: expect.stringMatching(
            /needs the token of provider github, .* was lost with the memory/,
          ),
        },
      });
      expect(await knex('embedded_tokens').pluck('run_id')).toEqual([]);
      await another.retrigger(runId, call);
      await until(another, runId, run => run.state === 'ERROR');
      await another.retrigger(runId, along('ghp_another-token'));
      expect(await ended(another, runId)).toMatchObject({ state: 'COMPLETED' });
      expect(authorizations()).toEqual([
        ['/first', `Bearer ${TOKEN}`],
        ['/second', 'Bearer ghp_another-token'],
      ]);
      expect(await knex('embedded_tokens').pluck('run_id')).toEqual([]);
    });

    it('cannot be read with another key', async () => {
      const engine = await engineWith(KEY);
      const runId = await start(engine);
      await waits(engine, runId);
      await engine.stop();
      const another = await engineWith('another key of enough characters');
      await go(another, runId);
      expect(await ended(another, runId)).toMatchObject({
        state: 'ERROR',
        error: { message: expect.stringContaining('is another one now') },
      });
    });

    it('are not kept for providers that the definition does not name', async () => {
      const engine = await engineWith(KEY);
      const runId = await start(engine, TOKEN, 'gitlab');
      expect(await ended(engine, runId)).toMatchObject({
        state: 'ERROR',
        error: {
          message: expect.stringContaining(
            'needs the token of provider github',
          ),
        },
      });
      expect(stub.calls).toEqual([]);
      expect(await knex('embedded_tokens').pluck('run_id')).toEqual([]);
    });

    it('are there for sub-flows too, whose tokens the caller need not give twice', async () => {
      const engine = await engineWith(KEY);
      const runId = await start(engine, TOKEN, 'github', 'parent');
      expect(await ended(engine, runId)).toMatchObject({ state: 'COMPLETED' });
      expect(authorizations()).toEqual([['/second', `Bearer ${TOKEN}`]]);
      expect(await knex('embedded_tokens').pluck('run_id')).toEqual([]);
    });

    it('that come with the retrigger of a sub-flow are for that alone', async () => {
      const engine = await engineWith(KEY);
      stub.answer('GET /second', () => ({ status: 500 }));
      const above = await start(engine, 'token-of-alice', 'github', 'above');
      await waits(engine, above);
      const [child] = await knex('embedded_runs')
        .where({ parent_id: above })
        .pluck('id');
      await ended(engine, child);
      stub.answer('GET /second', () => ({ body: {} }));
      await engine.retrigger(child, along('token-of-bob'));
      expect(await ended(engine, child)).toMatchObject({ state: 'COMPLETED' });
      await go(engine, above);
      expect(await ended(engine, above)).toMatchObject({ state: 'COMPLETED' });
      expect(authorizations()).toEqual([
        ['/second', 'Bearer token-of-alice'],
        ['/second', 'Bearer token-of-bob'],
        ['/first', 'Bearer token-of-alice'],
      ]);
      expect(await knex('embedded_tokens').pluck('run_id')).toEqual([]);
    });

    it('are erased by an abort', async () => {
      const engine = await engineWith(KEY);
      const runId = await start(engine);
      await waits(engine, runId);
      await engine.abort(runId, call);
      expect(await knex('embedded_tokens').pluck('run_id')).toEqual([]);
    });

    it('are not replaced by a second start of the same run', async () => {
      const engine = await engineWith(KEY);
      const runId = await start(engine);
      await waits(engine, runId);
      await engine.start(
        {
          definitionId: 'given',
          runId,
          input: {},
          provenance: { initiator: 'user:default/test', workspace: 'default' },
        },
        along('ghp_of-somebody-else'),
      );
      await go(engine, runId);
      await ended(engine, runId);
      expect(authorizations()[1]).toEqual(['/second', `Bearer ${TOKEN}`]);
    });
  },
);
