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
import type {
  EngineRun,
  WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
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
import { childIdOf } from './SubFlows';

jest.setTimeout(60_000);

const databases = testDatabases();

/** A definition that starts another as a sub-flow, then goes on. */
function parent(
  id: string,
  subFlowRef: JsonObject | string,
  state: JsonObject = {},
  action: JsonObject = {},
): JsonObject {
  return {
    id,
    start: 'Ask',
    errors: [{ name: 'any', code: '.*' }],
    states: [
      {
        name: 'Ask',
        type: 'operation',
        actions: [{ subFlowRef, ...action }],
        transition: 'After',
        ...state,
      },
      { name: 'After', type: 'inject', data: { after: true }, end: true },
      ...(state.onErrors === undefined
        ? []
        : [
            {
              name: 'Caught',
              type: 'inject',
              data: { caught: true },
              end: true,
            },
          ]),
    ],
  };
}

/** A definition that waits for an event, and has it in its data. */
function waiting(id: string): JsonObject {
  return {
    id,
    start: 'Begin',
    events: [{ name: 'go', type: 'go', kind: 'consumed', source: 'any' }],
    states: [
      { name: 'Begin', type: 'inject', data: {}, transition: 'Wait' },
      {
        name: 'Wait',
        type: 'event',
        onEvents: [{ eventRefs: ['go'], actions: [] }],
        end: true,
      },
    ],
  };
}

const adds: JsonObject = {
  id: 'adds',
  start: 'Add',
  states: [{ name: 'Add', type: 'inject', data: { added: 1 }, end: true }],
};

/** Fails as long as its data have no `fixed`. */
const fails: JsonObject = {
  id: 'fails',
  functions: [{ name: 'f', type: 'expression', operation: 'error("broken")' }],
  start: 'Break',
  states: [
    {
      name: 'Break',
      type: 'operation',
      actions: [{ functionRef: 'f' }],
      end: true,
    },
  ],
};

describe.each(databases.eachSupportedId())('sub-flows on %p', databaseId => {
  let knex: Knex;
  let engine: WorkflowEngine;

  beforeAll(async () => {
    knex = await databases.init(databaseId);
    engine = await testEngine(knex, {
      logger: mockServices.logger.mock(),
      config: { limits: { depth: 3, childrenPerRun: 4 } },
    });
    await engine.begin?.();
    for (const definition of [
      adds,
      fails,
      waiting('waits'),
      parent('asks-adds', 'adds'),
      parent('asks-waits', 'waits'),
      parent('asks-fails', 'fails'),
      parent('catches', 'fails', {
        onErrors: [{ errorRef: 'any', transition: 'Caught' }],
      }),
      parent('catches-waits', 'waits', {
        onErrors: [{ errorRef: 'any', transition: 'Caught' }],
      }),
      parent('asks-version', { workflowId: 'adds', version: '9.9' }),
      parent('leaves-alone', {
        workflowId: 'waits',
        invoke: 'async',
        onParentComplete: 'continue',
      }),
      parent('takes-along', {
        workflowId: 'waits',
        invoke: 'async',
        onParentComplete: 'terminate',
      }),
      parent('hurries', 'waits', {
        timeouts: { actionExecTimeout: 'PT0.05S' },
        onErrors: [{ errorRef: 'any', transition: 'Caught' }],
      }),
    ]) {
      await register(engine, definition);
    }
  });

  afterAll(() => engine.stop());

  const child = (id: string, key = '2.0') => childIdOf(id, key);

  /** The only sub-flow of a run. */
  async function childOf(id: string): Promise<string> {
    for (;;) {
      const row = await knex('embedded_runs').where({ parent_id: id }).first();
      if (row !== undefined) {
        return row.id;
      }
      await new Promise(resolve => {
        setTimeout(resolve, 10);
      });
    }
  }

  /** Waits until a run is a row: nobody has it, and nobody is about to. */
  async function atRest(id: string): Promise<void> {
    for (;;) {
      const { owner, wake_at: wakeAt } = await knex('embedded_runs')
        .where({ id })
        .first();
      if (owner === null && wakeAt === null) {
        return;
      }
      await new Promise(resolve => {
        setTimeout(resolve, 10);
      });
    }
  }

  const state = async (id: string) => (await engine.get(id, call))?.state;

  it('are runs of their own, whose data are merged', async () => {
    const id = await start(engine, 'asks-adds', { given: 1 });
    expect(await ended(engine, id)).toMatchObject({
      state: 'COMPLETED',
      data: { given: 1, added: 1, after: true },
    });
    const childId = await childOf(id);
    expect(childId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8/);
    expect(await engine.get(childId, call)).toMatchObject({
      definitionId: 'adds',
      state: 'COMPLETED',
      data: { given: 1, added: 1 },
      provenance: { initiator: 'user:default/test', workspace: 'default' },
    });
    const changes: { runId: string; parentId?: string }[] = [];
    let since: string | undefined;
    do {
      const batch = await engine.changes(since, { ...call, limit: 100 });
      changes.push(...batch.changes);
      since = batch.next;
    } while (since !== '');
    expect(changes.find(change => change.runId === childId)).toMatchObject({
      parentId: id,
      provenance: { initiator: 'user:default/test' },
    });
  });

  it('leave nothing of their parent in memory while it waits', async () => {
    const id = await start(engine, 'asks-waits');
    const childId = await childOf(id);
    await atRest(id);
    await atRest(childId);
    await engine.signal(childId, { name: 'go', data: { told: true } }, call);
    expect(await ended(engine, id)).toMatchObject({
      state: 'COMPLETED',
      data: { told: true, after: true },
    });
  });

  it('fail the action of their parent', async () => {
    const caught = await start(engine, 'catches');
    expect(await ended(engine, caught)).toMatchObject({
      state: 'COMPLETED',
      data: { caught: true },
    });
    expect(await state(await childOf(caught))).toBe('ERROR');

    const uncaught = await start(engine, 'asks-fails');
    const { error, state: after } = await ended(engine, uncaught);
    expect(after).toBe('ERROR');
    expect(error?.message).toContain('fails');
    expect(error?.message).toContain('broken');
  });

  it('are an error of their parent when they are aborted', async () => {
    const id = await start(engine, 'catches-waits');
    await engine.abort(await childOf(id), call);
    expect(await ended(engine, id)).toMatchObject({
      state: 'COMPLETED',
      data: { caught: true },
    });
  });

  it('are aborted with their parent, and those below them', async () => {
    await register(engine, parent('asks-asks', 'asks-waits'));
    const id = await start(engine, 'asks-asks');
    const middle = await childOf(id);
    const lowest = await childOf(middle);
    await atRest(lowest);
    await engine.abort(id, call);
    expect([await state(id), await state(middle), await state(lowest)]).toEqual(
      ['ABORTED', 'ABORTED', 'ABORTED'],
    );
    const history = await engine.history!.read(lowest, undefined, {
      ...call,
      limit: 100,
    });
    expect(history).toMatchObject({ ended: true });
    expect(history!.events.at(-1)).toMatchObject({
      kind: 'state',
      detail: { state: 'ABORTED' },
    });
    await expect(
      engine.signal(lowest, { name: 'go', data: null }, call),
    ).rejects.toMatchObject({ name: 'ConflictError' });
  });

  it('go on without their parent, or end with it, as it says', async () => {
    const alone = await start(engine, 'leaves-alone');
    expect(await ended(engine, alone)).toMatchObject({
      state: 'COMPLETED',
      data: { after: true },
    });
    const going = await childOf(alone);
    expect(await state(going)).toBe('ACTIVE');
    await engine.signal(going, { name: 'go', data: {} }, call);
    expect((await ended(engine, going)).state).toBe('COMPLETED');

    const along = await start(engine, 'takes-along');
    expect((await ended(engine, along)).state).toBe('COMPLETED');
    expect(await state(await childOf(along))).toBe('ABORTED');
  });

  it('are aborted when their action is over before them', async () => {
    const id = await start(engine, 'hurries');
    expect(await ended(engine, id)).toMatchObject({
      state: 'COMPLETED',
      data: { caught: true },
    });
    expect(await state(await childOf(id))).toBe('ABORTED');
  });

  it('let their parent go on when they are retriggered and come right', async () => {
    await register(engine, {
      ...fails,
      id: 'mends',
      functions: [
        {
          name: 'f',
          type: 'expression',
          operation: 'if .fine then {mended: true} else error("broken") end',
        },
      ],
    });
    await register(engine, parent('asks-mends', 'mends'));
    const id = await start(engine, 'asks-mends');
    expect((await ended(engine, id)).state).toBe('ERROR');
    const childId = await childOf(id);
    // It fails once more: its parent stays as it is.
    await engine.retrigger(childId, call);
    await until(engine, childId, run => run.state === 'ERROR');
    await knex('embedded_runs')
      .where({ id: childId })
      .update({ data: JSON.stringify({ fine: true }) });
    await engine.retrigger(childId, call);
    const done = await until(engine, id, run => run.state === 'COMPLETED');
    expect(done).toMatchObject({ data: { mended: true, after: true } });
    expect(done.error).toBeUndefined();
  });

  it('fail by name where they cannot be started', async () => {
    const failure = async (id: string): Promise<EngineRun['error']> => {
      const run = await ended(engine, id);
      expect(run.state).toBe('ERROR');
      return run.error;
    };
    expect(await failure(await start(engine, 'asks-version'))).toMatchObject({
      message: expect.stringContaining('version 1.0, not 9.9'),
    });

    await register(engine, waiting('goes'));
    await register(engine, parent('asks-gone', 'goes'));
    await engine.definitions!.delete('goes', call);
    await until(engine, await start(engine, 'asks-adds'), () => true);
    expect(await failure(await start(engine, 'asks-gone'))).toMatchObject({
      message: expect.stringContaining('no workflow goes'),
    });
  });

  it('are bounded in depth and number', async () => {
    await register(engine, waiting('recurs'));
    await engine.definitions!.replace(
      'recurs',
      {
        format: 'json',
        source: JSON.stringify({
          ...parent('recurs', 'recurs'),
          version: '1.0',
          specVersion: '0.8',
          name: 'recurs',
        }),
      },
      call,
    );
    const id = await start(engine, 'recurs');
    const run = await ended(engine, id);
    expect(run).toMatchObject({
      state: 'ERROR',
      error: { message: expect.stringContaining('More than 3 runs') },
    });

    await register(engine, {
      id: 'many',
      start: 'All',
      states: [
        {
          name: 'All',
          type: 'foreach',
          inputCollection: '.items',
          iterationParam: 'item',
          mode: 'sequential',
          actions: [{ subFlowRef: 'adds' }],
          end: true,
        },
      ],
    });
    const many = await start(engine, 'many', { items: [1, 2, 3, 4, 5] });
    expect(await ended(engine, many)).toMatchObject({
      state: 'ERROR',
      error: { message: expect.stringContaining('more than 4 sub-flows') },
    });
    const children = await knex('embedded_runs').where({ parent_id: many });
    expect(children.length).toBe(4);
  });

  it('are stored once, however often they are started', async () => {
    const id = await start(engine, 'asks-waits');
    const childId = await childOf(id);
    expect(childId).toBe(child(id));
    await atRest(id);
    // As after a crash between the start of the sub-flow and the next commit.
    await knex('embedded_runs').where({ id }).update({ wake_at: 0 });
    await atRest(id);
    expect((await knex('embedded_runs').where({ parent_id: id })).length).toBe(
      1,
    );
    await engine.abort(id, call);
  });
});
