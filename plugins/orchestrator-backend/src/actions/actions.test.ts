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

import { NotFoundError, ServiceUnavailableError } from '@backstage/errors';
import { FakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import request from 'supertest';
import { startTestPortal, type TestPortal } from '../__testUtils__/TestPortal';
import { invokeAction } from './__testUtils__/invokeAction';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const TOKENS = {
  reader: 'static-token-of-the-reader',
  nobody: 'static-token-of-the-nobody',
};

const inputSchema = {
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
};

describe('the actions for MCP clients', () => {
  let portal: TestPortal;
  let engine: FakeEngine;
  let time = Date.parse('2026-03-01T10:00:00Z');

  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
  const ofUser = async (name: string) =>
    bearer(await portal.issuer.userToken(`user:default/${name}`));
  const onBehalfOf = async (name: string, pluginId = 'mcp-actions') => {
    const { auth } = portal.callers[pluginId];
    const { token } = await auth.getPluginRequestToken({
      onBehalfOf: await auth.authenticate(
        await portal.issuer.userToken(`user:default/${name}`),
      ),
      targetPluginId: 'orchestrator',
    });
    return bearer(token);
  };
  const invoke = async (
    who: Record<string, string>,
    action: string,
    input: object,
  ) => invokeAction(portal, who, action, input);
  const rest = (who: Record<string, string>, path: string) =>
    request(portal.server).get(`/api/orchestrator${path}`).set(who);

  const start = async (who: Record<string, string>, workflowId: string) => {
    time += 60_000;
    const { body, status } = await invoke(who, 'execute-workflow', {
      workflowId,
      inputs: { name: 'Ann' },
    });
    expect([status, body.error]).toEqual([200, undefined]);
    return body.output as { instanceId: string; status: string };
  };

  beforeAll(async () => {
    engine = new FakeEngine({
      now: () => time,
      definitions: [
        { id: 'greet', name: 'Greet People', scenario: 'waits', inputSchema },
        { id: 'clean', name: 'Clean up', scenario: 'completes' },
        { id: 'break', name: 'Break_it', scenario: 'fails' },
        { id: 'off', available: false, unavailableReason: 'Broken' },
        { id: 'unread', workspace: 'closed', scenario: 'waits' },
      ],
    });
    const external = (token: string, subject: string) => ({
      type: 'static',
      options: { token, subject },
    });
    portal = await startTestPortal({
      engines: [engine],
      callers: ['mcp-actions', 'scaffolder', 'nightly-report'],
      now: () => time,
      config: {
        backend: {
          auth: {
            externalAccess: [
              external(TOKENS.reader, 'reader'),
              external(TOKENS.nobody, 'nobody'),
            ],
          },
        },
        orchestrator: {
          auth: {
            actors: {
              scaffolder: { scopes: ['workflows:read', 'instances:read'] },
            },
            grants: {
              reader: {
                match: { external: 'reader' },
                scopes: ['workflows:read', 'workflows:execute'],
                workspaces: ['default'],
              },
              erin: {
                match: { user: 'user:default/erin' },
                scopes: ['workflows:execute'],
              },
            },
            admins: ['user:default/carol'],
          },
        },
      },
    });
  });

  afterAll(() => portal.stop());

  it('are listed with what they take and what they do', async () => {
    const { body } = await rest(
      await ofUser('alice'),
      '/.backstage/actions/v1/actions',
    ).expect(200);
    const seen = body.actions.map((action: any) => [
      action.id,
      action.attributes.readOnly,
      action.attributes.destructive,
      Object.keys(action.schema.input.properties).sort(),
      Object.keys(action.schema.output.properties).sort(),
    ]);
    const run = [
      ...['endTime', 'instanceId', 'output', 'startTime', 'status'],
      ...['workflowId', 'workflowName'],
    ];
    const paging = ['limit', 'offset'];
    expect(seen).toEqual([
      [
        'orchestrator:list-workflows',
        true,
        false,
        [...paging.slice(0, 1), 'name', 'offset', 'status'],
        ['workflows'],
      ],
      [
        'orchestrator:get-workflow-schema',
        true,
        false,
        ['workflowId'],
        ['inputSchema', 'workflowId'],
      ],
      [
        'orchestrator:execute-workflow',
        false,
        true,
        ['inputs', 'workflowId'],
        ['instanceId', 'status'],
      ],
      [
        'orchestrator:list-instances',
        true,
        false,
        [...paging, 'status'],
        ['instances'],
      ],
      ['orchestrator:get-instance', true, false, ['instanceId'], run],
    ]);
    expect(body.actions[0].schema.input.required).toBeUndefined();
    expect(body.actions[2].schema.input.required).toEqual([
      'workflowId',
      'inputs',
    ]);
  });

  it('need a credential', async () => {
    expect((await invoke({}, 'list-workflows', {})).status).toBe(401);
    await rest({}, '/.backstage/actions/v1/actions').expect(401);
  });

  it('start a run as who calls, and keep through whom', async () => {
    const alice = await ofUser('alice');
    const own = await start(alice, 'greet');
    expect(own.status).toBe('ACTIVE');
    const relayed = await start(await onBehalfOf('alice'), 'greet');
    const { auth } = portal.callers['nightly-report'];
    const { token } = await auth.getPluginRequestToken({
      onBehalfOf: await auth.getOwnServiceCredentials(),
      targetPluginId: 'orchestrator',
    });
    const plugin = await start(bearer(token), 'greet');
    const external = await start(bearer(TOKENS.reader), 'greet');

    const carol = await ofUser('carol');
    const seen = await Promise.all(
      [own, relayed, plugin, external].map(async ({ instanceId }) => {
        const path = `/v2/workflows/instances/${instanceId}`;
        const { body } = await rest(carol, path).expect(200);
        return [body.initiatorEntity, body.actor, body.workflowdata];
      }),
    );
    const data = { name: 'Ann' };
    expect(seen).toEqual([
      ['user:default/alice', undefined, data],
      ['user:default/alice', 'plugin:mcp-actions', data],
      ['plugin:nightly-report', undefined, data],
      ['external:reader', undefined, data],
    ]);
    expect(portal.audited).toContainEqual(
      expect.objectContaining({
        eventId: 'execute-workflow',
        status: 'succeeded',
        meta: expect.objectContaining({
          actor: 'plugin:mcp-actions',
          onBehalfOf: 'user:default/alice',
          id: relayed.instanceId,
        }),
      }),
    );
  });

  it('start a run for who may not read it, and do not tell its state then', async () => {
    const { instanceId, status } = await start(await ofUser('erin'), 'greet');
    expect(status).toBe('PENDING');
    const { body } = await rest(
      await ofUser('carol'),
      `/v2/workflows/instances/${instanceId}`,
    );
    expect(body.initiatorEntity).toBe('user:default/erin');
  });

  it('are answered by both versions of the registry', async () => {
    const alice = await ofUser('alice');
    const input = { workflowId: 'greet' };
    const answers = await Promise.all(
      (['v1', 'v2'] as const).map(version =>
        invokeAction(portal, alice, 'get-workflow-schema', input, version),
      ),
    );
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(body.output).toEqual({ workflowId: 'greet', inputSchema });
    }
    const none = await invoke(alice, 'get-workflow-schema', {
      workflowId: 'clean',
    });
    expect(none.body.output).toEqual({ workflowId: 'clean', inputSchema: {} });
  });

  it('do not pass the cap of the plugin that calls', async () => {
    const scaffolder = await onBehalfOf('alice', 'scaffolder');
    expect((await invoke(scaffolder, 'list-workflows', {})).status).toBe(200);
    const refused = await invoke(scaffolder, 'execute-workflow', {
      workflowId: 'greet',
      inputs: { name: 'Ann' },
    });
    expect(refused.status).toBe(403);
    expect(refused.body.error).toMatchObject({
      name: 'NotAllowedError',
      code: 'auth.missing_scope',
      requiredScopes: ['workflows:execute'],
    });
  });

  it('are refused without their scope, which is audited', async () => {
    const calls: [action: string, input: object, scope: string][] = [
      ['list-workflows', {}, 'workflows:read'],
      ['get-workflow-schema', { workflowId: 'greet' }, 'workflows:read'],
      [
        'execute-workflow',
        { workflowId: 'greet', inputs: {} },
        'workflows:execute',
      ],
      ['list-instances', {}, 'instances:read'],
      ['get-instance', { instanceId: 'x' }, 'instances:read'],
    ];
    for (const [action, input, scope] of calls) {
      // Refusals of one caller, code and minute are counted, not repeated.
      time += 60_000;
      const { status, body } = await invoke(
        bearer(TOKENS.nobody),
        action,
        input,
      );
      expect([action, status]).toEqual([action, 403]);
      expect(body.error).toMatchObject({
        name: 'NotAllowedError',
        code: 'auth.missing_scope',
        requiredScopes: [scope],
      });
      expect(body.response.statusCode).toBe(403);
    }
    const denied = portal.audited.filter(
      ({ status, meta }: any) =>
        status === 'failed' && meta?.actor === 'external:nobody',
    );
    expect(denied.map(({ eventId }) => eventId)).toEqual(
      expect.arrayContaining([
        'get-workflow-overview',
        'get-workflow-input-schema',
        'execute-workflow',
        'get-instances',
        'get-instance',
      ]),
    );
  });

  it('list workflows by name and by the state of the last run, filtered before the page is cut', async () => {
    const bob = await ofUser('bob');
    await start(bob, 'break');
    await start(bob, 'clean');
    await start(bob, 'greet');
    const list = async (input: object) => {
      const { status, body } = await invoke(bob, 'list-workflows', input);
      expect([status, body.error]).toEqual([200, undefined]);
      return body.output.workflows;
    };
    expect(await list({})).toEqual([
      { workflowId: 'break', name: 'Break_it', status: 'ERROR' },
      { workflowId: 'clean', name: 'Clean up', status: 'COMPLETED' },
      { workflowId: 'greet', name: 'Greet People', status: 'ACTIVE' },
      { workflowId: 'off', name: 'off' },
      { workflowId: 'unread', name: 'unread' },
    ]);
    const ids = async (input: object) =>
      (await list(input)).map((one: any) => one.workflowId);
    expect(await ids({ name: 'E' })).toEqual([
      'break',
      'clean',
      'greet',
      'unread',
    ]);
    // Characters that are wildcards elsewhere stand for themselves.
    expect(await ids({ name: 'K_I' })).toEqual(['break']);
    expect(await ids({ name: '%' })).toEqual([]);
    expect(await ids({ status: 'ACTIVE', limit: 1 })).toEqual(['greet']);
    expect(await ids({ status: 'ACTIVE', limit: 1, offset: 1 })).toEqual([]);
    expect(await ids({ limit: 2, offset: 1 })).toEqual(['clean', 'greet']);
    // The runs of others do not count, and their workspaces are not shown.
    const read = await invoke(bearer(TOKENS.reader), 'list-workflows', {
      status: 'ERROR',
    });
    expect(read.body.output.workflows).toEqual([]);
    const all = await invoke(bearer(TOKENS.reader), 'list-workflows', {});
    expect(
      all.body.output.workflows.map((one: any) => one.workflowId),
    ).not.toContain('unread');
  });

  it('list runs by state, the newest first, filtered before the page is cut', async () => {
    const dave = await ofUser('dave');
    const waiting = await start(dave, 'greet');
    const done = [await start(dave, 'clean'), await start(dave, 'clean')];
    const list = async (input: object) => {
      const { status, body } = await invoke(dave, 'list-instances', input);
      expect([status, body.error]).toEqual([200, undefined]);
      return body.output.instances;
    };
    // The index learns of an end a moment later.
    while ((await list({ status: 'COMPLETED' })).length < done.length) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    const questions = engine.troubles.calls.get('getMany') ?? 0;
    const ids = async (input: object) =>
      (await list(input)).map((one: any) => one.instanceId);
    expect(await ids({})).toEqual(
      [done[1], done[0], waiting].map(({ instanceId }) => instanceId),
    );
    expect(await ids({ status: 'ACTIVE', limit: 1 })).toEqual([
      waiting.instanceId,
    ]);
    expect(await ids({ status: 'COMPLETED', limit: 1, offset: 1 })).toEqual([
      done[0].instanceId,
    ]);
    expect(await ids({ status: 'ABORTED' })).toEqual([]);
    // What is answered is in the index.
    expect(engine.troubles.calls.get('getMany') ?? 0).toBe(questions);
    const [first] = await list({ status: 'ACTIVE' });
    expect(first).toEqual({
      instanceId: waiting.instanceId,
      workflowId: 'greet',
      workflowName: 'Greet People',
      status: 'ACTIVE',
      startTime: new Date(time - 120_000).toISOString(),
    });
    expect((await list({ status: 'COMPLETED' }))[0].endTime).toBe(
      new Date(time).toISOString(),
    );
  });

  it('show a run with its data to who may see it, and to nobody else', async () => {
    const { instanceId } = await start(await ofUser('alice'), 'greet');
    const seen = await invoke(await ofUser('alice'), 'get-instance', {
      instanceId,
    });
    expect(seen.body.output).toEqual({
      instanceId,
      workflowId: 'greet',
      workflowName: 'Greet People',
      status: 'ACTIVE',
      startTime: new Date(time).toISOString(),
      output: { name: 'Ann' },
    });
    const answers = await Promise.all([
      invoke(await ofUser('bob'), 'get-instance', { instanceId }),
      invoke(await ofUser('bob'), 'get-instance', { instanceId: 'none' }),
    ]);
    for (const { status, body } of answers) {
      expect(status).toBe(404);
      expect(body.error).toEqual({
        name: 'NotFoundError',
        message: 'No such workflow instance',
        code: 'instance.not_found',
      });
    }
  });

  it('name every fault of inputs, in the words of the API', async () => {
    const alice = await ofUser('alice');
    const { status, body } = await invoke(alice, 'execute-workflow', {
      workflowId: 'greet',
      inputs: { name: 5 },
    });
    expect(status).toBe(400);
    expect(body.error).toEqual({
      name: 'InputError',
      message: 'Invalid request: body/inputData/name must be string',
      code: 'request.invalid',
      faults: [{ path: 'body/inputData/name', message: 'must be string' }],
    });
  });

  it('have a clear answer to whatever is sent', async () => {
    const alice = await ofUser('alice');
    let deep: object = {};
    for (let depth = 0; depth < 5_000; depth += 1) deep = { deep };
    const bad: [action: string, input: unknown, status: number][] = [
      ['get-workflow-schema', { workflowId: '../x' }, 400],
      ['get-workflow-schema', { workflowId: '' }, 400],
      ['get-workflow-schema', { workflowId: 'nope' }, 404],
      ['get-workflow-schema', {}, 400],
      ['get-instance', { instanceId: 'a\u0000b' }, 400],
      ['get-instance', { instanceId: ['a'] }, 400],
      ['get-instance', { instanceId: 'x'.repeat(300) }, 400],
      ['execute-workflow', { workflowId: 'clean' }, 400],
      ['execute-workflow', { workflowId: 'clean', inputs: [] }, 400],
      ['execute-workflow', { workflowId: 'clean', inputs: deep }, 400],
      ['execute-workflow', { workflowId: 'nope', inputs: {} }, 404],
      ['list-workflows', { limit: 0 }, 400],
      ['list-workflows', { limit: 101 }, 400],
      ['list-workflows', { offset: -1 }, 400],
      ['list-workflows', { status: 'active' }, 400],
      ['list-workflows', { name: 'x'.repeat(256) }, 400],
      ['list-instances', { status: 'NOPE' }, 400],
      ['list-instances', { offset: 1e300 }, 400],
      ['list-instances', { offset: Number.MAX_SAFE_INTEGER }, 200],
      ['list-instances', [], 400],
      ['no-such-action', {}, 404],
    ];
    for (const [action, input, expected] of bad) {
      const { status } = await invoke(alice, action, input as object);
      expect([action, input, status]).toEqual([action, input, expected]);
    }
  });

  it('say that an engine is down or wrong, and not why', async () => {
    const alice = await ofUser('alice');
    const { instanceId } = await start(alice, 'greet');
    const call = () => invoke(alice, 'get-instance', { instanceId });

    const off = await invoke(alice, 'execute-workflow', {
      workflowId: 'off',
      inputs: {},
    });
    expect(off.status).toBe(503);
    expect(off.body.error).toEqual({
      name: 'ServiceUnavailableError',
      message: 'Broken',
      code: 'engine.unavailable',
    });

    const address = 'http://10.1.2.3:8080/secret';
    engine.troubles.failNext('get', new ServiceUnavailableError(address));
    const down = await call();
    engine.troubles.failNext(
      'get',
      new Error(address, { cause: new NotFoundError(address) }),
    );
    const wrong = await call();
    expect([down.status, wrong.status]).toEqual([503, 502]);
    for (const { body } of [down, wrong]) {
      expect(JSON.stringify(body)).not.toContain('10.1.2.3');
      expect(Object.keys(body.error).sort()).toEqual([
        'code',
        'message',
        'name',
      ]);
    }
    expect(wrong.body.error).toEqual({
      name: 'BadGatewayError',
      message: 'Engine "fake" gave a bad answer',
      code: 'engine.bad_answer',
    });
  });
});
