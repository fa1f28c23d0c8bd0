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

import { mockServices } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  call,
  ended,
  register,
  run,
  start,
  testDatabases,
  testEngine,
  until,
} from '../__testUtils__/engines';
import { RestStub } from '../__testUtils__/restStub';

const SECRET = 'hunter2-and-more';
const databases = testDatabases();

/** A definition with one operation state. */
function operation(
  id: string,
  actions: JsonObject[],
  more: JsonObject = {},
  state: JsonObject = {},
): JsonObject {
  return {
    id,
    start: 'Work',
    ...more,
    states: [
      { name: 'Work', type: 'operation', actions, end: true, ...state },
      ...((more.states as JsonObject[] | undefined) ?? []),
    ],
  };
}

describe.each(databases.eachSupportedId())(
  'EmbeddedWorkflowEngine on %p',
  databaseId => {
    let knex: Knex;
    let engine: WorkflowEngine;
    let stub: RestStub;
    const logger = mockServices.logger.mock();

    beforeAll(async () => {
      stub = await RestStub.start();
      knex = await databases.init(databaseId);
      engine = await testEngine(knex, {
        logger,
        random: () => 0.5,
        config: {
          egress: [stub.url],
          functions: new Map([
            ['get', { baseUrl: stub.url }],
            ['post', { baseUrl: stub.url }],
          ]),
          secrets: new Map([
            ['token', { value: SECRET, workflows: ['carries', 'echoes'] }],
            ['key', { value: `${SECRET}-2`, workflows: ['payments/deploy'] }],
          ]),
          limits: {
            stepsPerRun: 200,
            jqMilliseconds: 300,
            stateLength: 20_000,
            logLines: 5,
            logLineLength: 100,
          },
        },
      });
      await engine.begin?.();
    });

    beforeEach(() => stub.reset());

    afterAll(async () => {
      await engine.stop();
      await stub.stop();
    });

    const get = { name: 'get', type: 'custom', operation: 'rest:get:/{path}' };
    const post = { name: 'post', type: 'custom', operation: 'rest:post:/echo' };
    const log = { name: 'log', type: 'custom', operation: 'sysout:INFO' };
    const fetching = (target: string) => ({
      functionRef: { refName: 'get', arguments: { path: target } },
    });

    describe('a run', () => {
      it('has its nodes, its times and its provenance', async () => {
        await register(
          engine,
          operation(
            'nodes',
            [{ ...fetching('x'), name: 'Fetch' }],
            {
              functions: [get],
              states: [
                {
                  name: 'Done',
                  type: 'inject',
                  data: { done: true },
                  end: true,
                },
              ],
            },
            { end: undefined as never, transition: 'Done' },
          ),
        );
        stub.reset({ 'GET /x': [{ body: { a: 1 } }] });
        const id = await start(engine, 'nodes');
        const found = await ended(engine, id);

        expect(found).toMatchObject({
          id,
          definitionId: 'nodes',
          version: '1.0',
          state: 'COMPLETED',
          data: { a: 1, done: true },
          provenance: { initiator: 'user:default/test', workspace: 'default' },
        });
        expect(
          found.nodes.map(({ name, type, definitionId }) => [
            name,
            type,
            definitionId,
          ]),
        ).toEqual([
          ['Work', 'operation', 'Work'],
          ['Fetch', 'action', 'Work/Fetch'],
          ['Done', 'inject', 'Done'],
        ]);
        for (const node of found.nodes) {
          expect(Date.parse(node.exit!)).toBeGreaterThanOrEqual(
            Date.parse(node.enter),
          );
        }
        expect(
          (await engine.getMany([id, randomUUID()], call)).get(id),
        ).toEqual(found);
        expect(stub.calls[0].headers['idempotency-key']).toBe(`${id}.2.0`);
      });

      it('is started once, whatever comes with its id', async () => {
        await register(engine, {
          id: 'once',
          start: 'Wait',
          states: [
            { name: 'Wait', type: 'sleep', duration: 'PT1H', end: true },
          ],
        });
        const id = randomUUID();
        await Promise.all([
          start(engine, 'once', { n: 1 }, id),
          start(engine, 'once', { n: 1 }, id),
        ]);
        expect(await start(engine, 'once', { n: 2 }, id)).toBe(id);
        expect((await engine.get(id, call))?.data).toEqual({ n: 1 });
      });

      it('keeps its definition when that is replaced', async () => {
        const definition = (version: string) => ({
          ...operation(
            'replaced',
            [{ ...fetching('gate'), name: 'Gate' }],
            {
              functions: [get],
              states: [
                { name: 'End', type: 'inject', data: { version }, end: true },
              ],
            },
            { transition: 'End', end: false },
          ),
          version,
        });
        let release = () => {};
        const gate = new Promise<void>(resolve => {
          release = resolve;
        });
        stub.reset({ 'GET /gate': [{ after: gate, body: {} }] });
        await register(engine, definition('1'));
        const old = await start(engine, 'replaced');
        await until(engine, old, () => stub.calls.length === 1);
        await engine.definitions!.replace(
          'replaced',
          { source: JSON.stringify(definition('2')), format: 'json' },
          call,
        );
        release();
        expect(await ended(engine, old)).toMatchObject({
          version: '1',
          data: { version: '1' },
        });
        expect(await run(engine, 'replaced')).toMatchObject({
          data: { version: '2' },
        });
      });

      it('keeps characters that a database cannot hold out of it', async () => {
        await register(
          engine,
          operation(
            'nul',
            [
              {
                functionRef: {
                  refName: 'log',
                  arguments: { message: '"a\\u0000b"' },
                },
              },
              { functionRef: 'raise' },
            ],
            {
              functions: [
                log,
                {
                  name: 'raise',
                  type: 'expression',
                  operation: 'error("x\\u0000y\\ud800")',
                },
              ],
            },
          ),
        );
        expect(
          await run(engine, 'nul', { text: 'a\u0000b\ud800' }),
        ).toMatchObject({
          state: 'ERROR',
          data: { text: 'a\u0000b\ud800' },
        });
      });
    });

    describe('actions', () => {
      it('go on side by side where they are parallel', async () => {
        let release = () => {};
        const gate = new Promise<void>(resolve => {
          release = resolve;
        });
        stub.reset({
          'GET /a': [{ after: gate, body: { a: 1 } }],
          'GET /b': [{ body: { b: 2 } }],
        });
        await register(
          engine,
          operation(
            'parallel',
            [fetching('a'), fetching('b')],
            { functions: [get] },
            { actionMode: 'parallel' },
          ),
        );
        const id = await start(engine, 'parallel');
        // The second is stored while the first is still under way.
        await until(engine, id, ({ data }) => (data as JsonObject).b === 2);
        release();
        expect((await ended(engine, id)).data).toEqual({ a: 1, b: 2 });
        expect(stub.calls).toHaveLength(2);
      });

      it('end with the one that fails where they are parallel', async () => {
        stub.reset({
          'GET /a': [{ after: new Promise(() => {}) }],
          'GET /b': [{ status: 500 }],
        });
        await register(
          engine,
          operation(
            'parallelFails',
            [fetching('a'), fetching('b')],
            {
              functions: [get],
              errors: [{ name: 'any', code: '.*' }],
              states: [
                {
                  name: 'Caught',
                  type: 'inject',
                  data: { caught: true },
                  end: true,
                },
              ],
            },
            {
              actionMode: 'parallel',
              onErrors: [{ errorRef: 'any', transition: 'Caught' }],
            },
          ),
        );
        expect(await run(engine, 'parallelFails')).toEqual({
          state: 'COMPLETED',
          data: { caught: true },
        });
      });

      it('are retried as their strategy says, each with a key of its own', async () => {
        stub.reset({
          'GET /x': [
            { status: 503 },
            { status: 503 },
            { body: { fine: true } },
          ],
        });
        await register(
          engine,
          operation('retried', [{ ...fetching('x'), retryRef: 'r' }], {
            functions: [get],
            retries: [
              {
                name: 'r',
                delay: 'PT0.01S',
                multiplier: 2,
                jitter: 0.5,
                maxAttempts: 3,
              },
            ],
          }),
        );
        const id = await start(engine, 'retried');
        expect(await ended(engine, id)).toMatchObject({
          state: 'COMPLETED',
          data: { fine: true },
        });
        expect(
          stub.calls.map(({ headers }) => headers['idempotency-key']),
        ).toEqual([`${id}.2.0`, `${id}.2.1`, `${id}.2.2`]);
        expect((await engine.logs(id, call))?.map(line => line.log)).toEqual([
          expect.stringContaining('attempt 2 of 3 in 10 ms'),
          expect.stringContaining('attempt 3 of 3 in 20 ms'),
        ]);
      });

      it.each<[string, JsonObject, number]>([
        [
          'an error that is not to be retried',
          { retryRef: 'r', nonRetryableErrors: ['unavailable'] },
          1,
        ],
        [
          'another error than those to be retried',
          { retryRef: 'r', retryableErrors: ['missing'] },
          1,
        ],
        [
          'an error that is to be retried',
          { retryRef: 'r', retryableErrors: ['unavailable'] },
          2,
        ],
      ])('are retried or not on %s', async (_name, action, calls) => {
        const id = `retry-${randomUUID()}`;
        stub.reset({ 'GET /x': [{ status: 503 }] });
        await register(
          engine,
          operation(id, [{ ...fetching('x'), ...action }], {
            functions: [get],
            errors: [
              { name: 'unavailable', code: '503' },
              { name: 'missing', code: '404' },
            ],
            retries: [{ name: 'r', maxAttempts: 2 }],
          }),
        );
        expect(await run(engine, id)).toMatchObject({ state: 'ERROR' });
        expect(stub.calls).toHaveLength(calls);
      });

      it('sleep before and after their call', async () => {
        await register(
          engine,
          operation(
            'sleepy',
            [
              {
                functionRef: { refName: 'post', arguments: { n: 1 } },
                sleep: { before: 'PT0.02S', after: 'PT0.02S' },
              },
            ],
            { functions: [post] },
          ),
        );
        expect(await run(engine, 'sleepy')).toMatchObject({
          state: 'COMPLETED',
          data: { echo: { n: 1 } },
        });
      });
    });

    describe('limits', () => {
      it('end an endless loop, and its run can be retriggered', async () => {
        await register(engine, {
          id: 'loop',
          start: 'A',
          states: [
            { name: 'A', type: 'inject', data: { a: 1 }, transition: 'B' },
            {
              name: 'B',
              type: 'switch',
              dataConditions: [{ condition: '.stop', end: true }],
              defaultCondition: { transition: 'A' },
            },
          ],
        });
        const id = await start(engine, 'loop');
        expect(await ended(engine, id)).toMatchObject({
          state: 'ERROR',
          error: { message: 'The run took more than 200 steps' },
        });
        await engine.retrigger(id, call);
        expect(await ended(engine, id)).toMatchObject({ state: 'ERROR' });
      });

      it('end an expression that takes for ever, without harm to another run', async () => {
        await register(
          engine,
          operation(
            'bomb',
            [{ functionRef: 'bomb' }],
            {
              functions: [
                {
                  name: 'bomb',
                  type: 'expression',
                  operation: '[limit(1e12; repeat(1)) | select(. > 2)]',
                },
              ],
              errors: [{ name: 'any', code: '.*' }],
            },
            { onErrors: [{ errorRef: 'any', end: true }] },
          ),
        );
        await register(
          engine,
          operation('harmless', [{ functionRef: 'add' }], {
            functions: [
              {
                name: 'add',
                type: 'expression',
                operation: '{ sum: (.n + 1) }',
              },
            ],
          }),
        );
        const bombs = await Promise.all([
          start(engine, 'bomb'),
          start(engine, 'bomb'),
        ]);
        const others = await Promise.all(
          Array.from({ length: 10 }, (_x, n) =>
            start(engine, 'harmless', { n }),
          ),
        );
        for (const [n, id] of others.entries()) {
          expect(await ended(engine, id)).toMatchObject({
            state: 'COMPLETED',
            data: { sum: n + 1 },
          });
        }
        for (const id of bombs) {
          // A limit of the engine is not the workflow's to catch.
          expect(await ended(engine, id)).toMatchObject({
            state: 'ERROR',
            error: {
              message: expect.stringContaining('longer than 300 milliseconds'),
            },
          });
        }
      });

      it('end data that grow too large', async () => {
        await register(
          engine,
          operation('grows', [{ functionRef: 'grow' }], {
            functions: [
              {
                name: 'grow',
                type: 'expression',
                operation: '{ big: ("x" * 30000) }',
              },
            ],
          }),
        );
        expect(await run(engine, 'grows', { n: 1 })).toMatchObject({
          state: 'ERROR',
          data: { n: 1 },
          error: expect.stringContaining('larger than 20000'),
        });
      });

      it('keep the newest lines of a log, each cut', async () => {
        await register(
          engine,
          operation(
            'chatty',
            Array.from({ length: 8 }, (_x, i) => ({
              functionRef: {
                refName: 'log',
                arguments: { message: `"line ${i} " + ("x" * 200)` },
              },
            })),
            { functions: [log] },
          ),
        );
        const id = await start(engine, 'chatty');
        await ended(engine, id);
        const lines = (await engine.logs(id, call))!;
        expect(lines.map(line => line.log.slice(0, 11))).toEqual(
          [3, 4, 5, 6, 7].map(i => `INFO line ${i}`),
        );
        expect(lines.every(line => line.log.length === 101)).toBe(true);
        const ids = lines.map(line => BigInt(line.id));
        expect(ids.every((value, i) => i === 0 || value > ids[i - 1])).toBe(
          true,
        );
        expect(await engine.logs(randomUUID(), call)).toBeUndefined();
      });
    });

    describe('secrets', () => {
      it('reach the call and nothing else', async () => {
        await register(
          engine,
          operation(
            'carries',
            [
              {
                functionRef: {
                  refName: 'post',
                  arguments: {
                    HEADER_Authorization: '"Bearer " + $SECRET.token',
                    user: '"user:\\($SECRET.token)"',
                    copy: '$SECRET.token',
                    [`key`]: { deep: ['{ list: [.x, $SECRET.token] }'] },
                  },
                },
              },
              {
                functionRef: {
                  refName: 'log',
                  arguments: { message: '. | tojson' },
                },
              },
              { functionRef: 'show' },
            ],
            {
              functions: [
                post,
                log,
                {
                  name: 'show',
                  type: 'expression',
                  operation: 'error(tojson)',
                },
              ],
            },
          ),
        );
        const id = await start(engine, 'carries');
        const found = await ended(engine, id);

        expect(stub.calls[0].headers.authorization).toBe(`Bearer ${SECRET}`);
        expect(stub.calls[0].body).toEqual({
          user: `user:${SECRET}`,
          copy: SECRET,
          key: { deep: [{ list: [null, SECRET] }] },
        });
        expect(found.error?.message).toContain('<redacted>');
        const tables = [
          'runs',
          'nodes',
          'logs',
          'journal',
          'outbox',
          'sources',
          'definitions',
        ];
        const stored = await Promise.all(
          tables.map(table => knex(`embedded_${table}`)),
        );
        const everything = JSON.stringify([
          stored,
          found,
          await engine.logs(id, call),
          logger.error.mock.calls,
          logger.warn.mock.calls,
        ]);
        expect(everything).not.toContain(SECRET);
      });

      it('are not there for a workflow that is not listed', async () => {
        await register(
          engine,
          operation(
            'stranger',
            [
              {
                functionRef: {
                  refName: 'post',
                  arguments: { a: '$SECRET.token' },
                },
              },
            ],
            { functions: [post] },
          ),
        );
        expect(await run(engine, 'stranger')).toMatchObject({
          state: 'ERROR',
          error: 'This workflow has no secret named "token"',
        });
        expect(stub.calls).toEqual([]);
      });

      it('are those of a workspace, not of whoever registers an id', async () => {
        const reads = (id: string, workspace?: string) =>
          operation(
            id,
            [
              {
                functionRef: {
                  refName: 'post',
                  arguments: { a: '$SECRET.key' },
                },
              },
            ],
            {
              functions: [post],
              ...(workspace === undefined ? {} : { metadata: { workspace } }),
            },
          );
        await register(engine, reads('deploy'));
        expect(await run(engine, 'deploy')).toMatchObject({
          state: 'ERROR',
          error: 'This workflow has no secret named "key"',
        });
        expect(stub.calls).toEqual([]);

        await engine.definitions!.replace(
          'deploy',
          {
            source: JSON.stringify(reads('deploy', 'payments')),
            format: 'json',
          },
          call,
        );
        expect(await run(engine, 'deploy')).toMatchObject({
          state: 'COMPLETED',
          data: { echo: { a: '<redacted>' } },
        });
        expect(stub.calls[0].body).toEqual({ a: `${SECRET}-2` });
      });

      it('cannot be changed, or made a key, by an expression', async () => {
        await expect(
          register(
            engine,
            operation(
              'evil',
              [
                {
                  functionRef: {
                    refName: 'post',
                    arguments: '${ {("HEADER_" + $SECRET.token + " x"): "v"} }',
                  },
                },
              ],
              { functions: [post] },
            ),
          ),
        ).rejects.toThrow(
          '/states/Work/actions/0/functionRef/arguments: $SECRET is not supported in the key of an object',
        );
      });

      it('do not stand in the error of a call', async () => {
        await register(
          engine,
          operation(
            'echoes',
            [
              {
                functionRef: {
                  refName: 'get',
                  arguments: {
                    path: '$SECRET.token',
                    HEADER_X: '"a\\n" + $SECRET.token',
                  },
                },
              },
            ],
            { functions: [get] },
          ),
        );
        const { error } = await run(engine, 'echoes');
        expect(error).toContain('its argument HEADER_X is not a valid header');
        expect(error).not.toContain(SECRET);
      });
    });

    describe('abort', () => {
      it('ends the call that is under way', async () => {
        let closed = () => {};
        const gone = new Promise<void>(resolve => {
          closed = resolve;
        });
        stub.reset({ 'GET /x': [{ after: gone, body: { late: true } }] });
        await register(
          engine,
          operation('aborted', [fetching('x')], { functions: [get] }),
        );
        const id = await start(engine, 'aborted');
        await until(engine, id, () => stub.calls.length === 1);
        await engine.abort(id, call);
        closed();
        await expect(engine.abort(id, call)).rejects.toMatchObject({
          name: 'ConflictError',
        });
        await expect(engine.retrigger(id, call)).rejects.toMatchObject({
          name: 'ConflictError',
        });
        expect(await engine.get(id, call)).toMatchObject({
          state: 'ABORTED',
          data: {},
        });
        expect(
          (await engine.get(id, call))!.nodes.every(
            node => node.exit !== undefined,
          ),
        ).toBe(true);
      });
    });

    describe('retrigger', () => {
      it('makes the failed call again, and none that was recorded', async () => {
        stub.reset({
          'GET /a': [{ body: { a: 1 } }],
          'GET /b': [{ status: 500 }, { body: { b: 2 } }],
        });
        await register(
          engine,
          operation('again', [fetching('a'), fetching('b')], {
            functions: [get],
          }),
        );
        const id = await start(engine, 'again');
        expect(await ended(engine, id)).toMatchObject({
          state: 'ERROR',
          error: { nodeDefinitionId: 'Work/get (action 2)' },
        });
        await engine.retrigger(id, call);
        expect(await ended(engine, id)).toMatchObject({
          state: 'COMPLETED',
          data: { a: 1, b: 2 },
          error: undefined,
        });
        expect(stub.calls.map(({ path: called }) => called)).toEqual([
          '/a',
          '/b',
          '/b',
        ]);
        const keys = stub.calls.map(
          ({ headers }) => headers['idempotency-key'],
        );
        expect(new Set(keys).size).toBe(3);
      });

      it('is won by one of several', async () => {
        stub.reset({ 'GET /b': [{ status: 500 }] });
        await register(
          engine,
          operation('raced', [fetching('b')], { functions: [get] }),
        );
        const id = await start(engine, 'raced');
        await ended(engine, id);
        const gate = new Promise(() => {});
        stub.reset({ 'GET /b': [{ after: gate }] });
        const outcomes = await Promise.allSettled(
          [1, 2, 3].map(() => engine.retrigger(id, call)),
        );
        expect(
          outcomes.filter(({ status }) => status === 'fulfilled'),
        ).toHaveLength(1);
        await until(engine, id, () => stub.calls.length === 1);
        await engine.abort(id, call);
      });
    });

    it('refuses a signal of which its definition knows nothing', async () => {
      await register(
        engine,
        operation('signalled', [{ functionRef: 'f' }], {
          functions: [{ name: 'f', type: 'expression', operation: '1' }],
        }),
      );
      const id = await start(engine, 'signalled');
      const event = { name: 'x', data: null };
      await expect(engine.signal(id, event, call)).rejects.toMatchObject({
        name: 'InputError',
      });
      await engine.begin?.();
      await ended(engine, id);
      await expect(engine.signal(id, event, call)).rejects.toMatchObject({
        name: 'ConflictError',
      });
      await expect(
        engine.signal(randomUUID(), event, call),
      ).rejects.toMatchObject({ name: 'NotFoundError' });
    });

    it('refuses a receipt that is not its own', async () => {
      await expect(
        engine.changes('1; drop table', { ...call, limit: 10 }),
      ).rejects.toMatchObject({ name: 'InputError' });
    });

    it('loses no change that is stored late under a smaller number', async () => {
      await register(
        engine,
        operation('late', [{ functionRef: 'f' }], {
          functions: [{ name: 'f', type: 'expression', operation: '1' }],
        }),
      );
      const ids = [await start(engine, 'late'), await start(engine, 'late')];
      await Promise.all(ids.map(id => ended(engine, id)));
      // The first change is not visible yet when the second is delivered.
      const rows = await knex('embedded_outbox')
        .whereIn('run_id', ids)
        .orderBy('seq');
      await knex('embedded_outbox').where({ seq: rows[0].seq }).delete();
      const first = await engine.changes(undefined, { ...call, limit: 1_000 });
      await knex('embedded_outbox').insert(rows[0]);
      const second = await engine.changes(first.next, {
        ...call,
        limit: 1_000,
      });
      expect(second.changes.map(({ runId }) => runId)).toEqual([
        rows[0].run_id,
      ]);
    });
  },
);

describe('definitions of folders', () => {
  it('are refused one by one, and say why', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'definitions-'));
    const knex = await databases.init('SQLITE_3');
    const logger = mockServices.logger.mock();
    const good = {
      id: 'good',
      start: 'A',
      dataInputSchema: 'schema.json',
      states: [{ name: 'A', type: 'inject', data: {}, end: true }],
    };
    const write = (name: string, content: unknown) =>
      writeFile(
        path.join(folder, name),
        typeof content === 'string' ? content : JSON.stringify(content),
      );
    await write('schema.json', { type: 'object', required: ['a'] });
    await write('a-good.sw.json', good);
    await write('b-same.sw.json', good);
    await write(
      'c-unsupported.sw.yaml',
      'id: unsupported\nstart: A\nstates:\n  - {name: A, type: magic, end: true}\n',
    );
    await write('d-broken.sw.yml', 'id: [');
    await write('e-escapes.sw.json', {
      ...good,
      id: 'escapes',
      dataInputSchema: '../../etc/passwd',
    });
    await write('f-remote.sw.json', {
      ...good,
      id: 'remote',
      dataInputSchema: 'http://127.0.0.1/schema.json',
    });
    await write('ignored.yaml', 'id: ignored');

    const engine = await testEngine(knex, {
      logger,
      config: {
        definitions: [
          { folder, workspace: 'team' },
          { folder: path.join(folder, 'missing') },
        ],
      },
    });
    try {
      const listed = await engine.listDefinitions(call);
      expect(
        listed.map(({ id, available, workspace, origin }) => ({
          id,
          available,
          workspace,
          origin,
        })),
      ).toEqual([
        { id: 'good', available: true, workspace: 'team', origin: 'folder' },
        {
          id: 'unsupported',
          available: false,
          workspace: 'team',
          origin: 'folder',
        },
        {
          id: 'escapes',
          available: false,
          workspace: 'team',
          origin: 'folder',
        },
        { id: 'remote', available: false, workspace: 'team', origin: 'folder' },
      ]);
      expect(listed[0].inputSchema).toEqual({
        type: 'object',
        required: ['a'],
      });
      expect(listed[1].unavailableReason).toBe(
        '/states/A/type: state type "magic" is not supported by the embedded engine',
      );
      expect(listed[2].unavailableReason).not.toContain(folder);
      const errors = logger.error.mock.calls.map(([message]) =>
        String(message),
      );
      expect(errors).toEqual([
        expect.stringMatching(/missing of workflow definitions cannot be read/),
        expect.stringMatching(/b-same.*another file has the id good/),
        expect.stringMatching(/d-broken.*line 1/),
        expect.stringMatching(/c-unsupported.*state type "magic"/),
        expect.stringMatching(/e-escapes.*(missing|in the folder)/),
        expect.stringMatching(/f-remote.*egress/),
      ]);
      await expect(start(engine, 'unsupported')).rejects.toMatchObject({
        name: 'ConflictError',
      });
      await expect(start(engine, 'ignored')).rejects.toMatchObject({
        name: 'NotFoundError',
      });
    } finally {
      await engine.stop();
      await rm(folder, { recursive: true });
    }
  });
});

describe('without its database', () => {
  it('answers that it is not available', async () => {
    const knex = await databases.init('SQLITE_3');
    const engine = await testEngine(knex);
    await engine.begin?.();
    await register(
      engine,
      operation('gone', [{ functionRef: 'f' }], {
        functions: [{ name: 'f', type: 'expression', operation: '1' }],
      }),
    );
    const broken = jest
      .spyOn(knex.client, 'acquireConnection')
      .mockRejectedValue(new Error('connect ECONNREFUSED 10.0.0.1'));
    const unavailable = {
      name: 'ServiceUnavailableError',
      message: 'The database of the embedded engine does not answer',
    };
    await expect(start(engine, 'gone')).rejects.toMatchObject(unavailable);
    await expect(engine.get('x', call)).rejects.toMatchObject(unavailable);
    await expect(engine.health(call)).rejects.toMatchObject(unavailable);
    broken.mockRestore();
    await expect(engine.health(call)).resolves.toBeUndefined();
    expect(await run(engine, 'gone')).toMatchObject({ state: 'COMPLETED' });
    await engine.stop();
  });
});
