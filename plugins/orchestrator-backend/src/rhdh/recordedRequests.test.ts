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

import { FakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { startTestPortal, type TestPortal } from '../__testUtils__/TestPortal';
import { RhdhClient, type RhdhAnswer } from './__testUtils__/RhdhClient';
import { faultsOf } from './__testUtils__/shapes';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const ALICE = 'user:default/alice';
const ENTITY = 'component:default/web';

/** What a workflow of Red Hat's leaves as its result. */
const result = {
  message: 'Created',
  nextWorkflows: [{ id: 'review', name: 'Review' }],
  outputs: [{ key: 'Link', value: 'https://x.example.com', format: 'link' }],
};

const inputSchema = {
  type: 'object',
  properties: { name: { type: 'string' }, isEvent: { type: 'boolean' } },
};

describe("the requests of Red Hat's generated client", () => {
  let portal: TestPortal;
  let time = Date.parse('2026-03-01T10:00:00Z');

  const engine = new FakeEngine({
    now: () => time,
    definitions: [
      {
        id: 'create-service',
        name: 'Create a service',
        description: 'Makes a service',
        scenario: 'waits',
        inputSchema,
      },
      { id: 'complete', name: 'A complete one', scenario: 'completes' },
      { id: 'fail', name: 'Fails once', scenario: 'failsOnce' },
      { id: 'off', available: false, unavailableReason: 'Its service is down' },
    ],
  });

  beforeAll(async () => {
    portal = await startTestPortal({
      engines: [engine],
      callers: ['scaffolder'],
      config: { orchestrator: { auth: { admins: ['user:default/carol'] } } },
      now: () => time,
    });
  });
  afterAll(() => portal.stop());

  const as = async (ref: string) =>
    new RhdhClient(portal.url, await portal.issuer.userToken(ref));

  /** The body of an answer that must be good and have the shape of a DTO. */
  function bodyOf(answer: RhdhAnswer, dto: string) {
    const { status, text } = answer;
    expect([status, status === 200 ? '' : text]).toEqual([200, '']);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(faultsOf(dto, answer.data)).toEqual([]);
    return answer.data;
  }

  /** An answer that the pages can show as an error. */
  function errorOf(answer: RhdhAnswer, status: number) {
    expect(answer.status).toBe(status);
    expect(faultsOf('ErrorBody', answer.data)).toEqual([]);
    expect(answer.data.response.statusCode).toBe(status);
    return answer.data.error;
  }

  async function start(
    client: RhdhClient,
    workflowId: string,
    more: { targetEntity?: string } = {},
  ): Promise<string> {
    time += 60_000;
    const answer = await client.executeWorkflow({
      workflowId,
      parameters: { name: 'Ann', result },
      authTokens: [],
      ...more,
    });
    return bodyOf(answer, 'ExecuteWorkflowResponseDTO').id;
  }

  const idsOf = (answer: RhdhAnswer) =>
    bodyOf(answer, 'ProcessInstanceListResultDTO').items.map(
      (item: { id: string }) => item.id,
    );

  describe('of the list of workflows', () => {
    it('without a page are answered with all of them', async () => {
      const client = await as('user:default/bob');
      await start(client, 'complete');
      const body = bodyOf(
        await client.listWorkflowOverviews(),
        'WorkflowOverviewListResultDTO',
      );
      expect(body.paginationInfo).toEqual({});
      expect(
        body.overviews.map((one: any) => [
          one.workflowId,
          one.isAvailable,
          one.lastRunStatus,
          one.workflowRunStats?.successRatio,
        ]),
      ).toEqual([
        ['complete', true, 'COMPLETED', 1],
        ['create-service', true, undefined, undefined],
        ['fail', true, undefined, undefined],
        ['off', false, undefined, undefined],
      ]);
      const [never] = body.overviews.slice(1);
      expect(never.lastTriggeredMs).toBe(0);
      // A ratio of nothing is null, as NaN is in JSON.
      await start(client, 'create-service');
      const overview = await client.getWorkflowOverview('create-service');
      expect(overview.data.workflowRunStats).toMatchObject({
        successRatio: null,
        totalCount: 0,
      });
    });

    it('with a page have one more than is shown, to know of the next', async () => {
      const client = await as(ALICE);
      const body = bodyOf(
        await client.listWorkflowOverviews({
          pageSize: 3,
          offset: 2,
          orderBy: 'name',
          orderDirection: 'ASC',
        }),
        'WorkflowOverviewListResultDTO',
      );
      expect(body.paginationInfo).toEqual({ pageSize: 3, offset: 2 });
      expect(body.overviews.map((one: any) => one.name)).toEqual([
        'Fails once',
        'off',
      ]);
    });

    it('for an entity have those of its annotation and those that ran on it', async () => {
      const client = await as(ALICE);
      await start(client, 'create-service', { targetEntity: ENTITY });
      const ids = async (annotated: string[]) =>
        bodyOf(
          await client.getWorkflowsOverviewForEntity(ENTITY, annotated),
          'WorkflowOverviewListResultDTO',
        ).overviews.map((one: any) => one.workflowId);
      expect(await ids(['off', 'no-such-workflow'])).toEqual([
        'create-service',
        'off',
      ]);
      expect(await ids([])).toEqual(['create-service']);
    });
  });

  describe('of the page of a workflow', () => {
    it('have its overview, its source and its schema', async () => {
      const client = await as(ALICE);
      const overview = bodyOf(
        await client.getWorkflowOverview('create-service'),
        'WorkflowOverviewDTO',
      );
      expect(overview).toMatchObject({
        workflowId: 'create-service',
        name: 'Create a service',
        description: 'Makes a service',
        format: 'json',
        version: '1.0',
      });
      const source = await client.getWorkflowSource('create-service');
      expect(source.status).toBe(200);
      expect(source.headers.get('content-type')).toMatch(/^text\/plain/);
      expect(JSON.parse(source.text).id).toBe('create-service');
      expect(
        bodyOf(
          await client.getWorkflowDataInputSchema('create-service'),
          'InputSchemaResponseDTO',
        ),
      ).toEqual({ inputSchema });
      expect(
        bodyOf(
          await client.getWorkflowDataInputSchema('complete'),
          'InputSchemaResponseDTO',
        ),
      ).toEqual({});
      const ping = await client.pingWorkflowService('create-service');
      expect([ping.status, ping.text]).toEqual([200, 'true']);
    });

    it('say that it is not available, and why, and not where', async () => {
      const client = await as(ALICE);
      const { availability } = bodyOf(
        await client.getWorkflowOverview('off'),
        'WorkflowOverviewDTO',
      );
      expect(availability).toEqual({
        isAvailable: false,
        reason: 'Its service is down',
      });
      const ping = await client.pingWorkflowService('off');
      expect(errorOf(ping, 503)).toMatchObject({
        name: 'ServiceUnavailableError',
        message: 'Its service is down',
      });
    });
  });

  describe('of the form', () => {
    it('start a run with tokens and an entity, and take it up again', async () => {
      const client = await as(ALICE);
      const answer = await client.executeWorkflow({
        workflowId: 'create-service',
        parameters: { name: 'Ann', more: 1 },
        authTokens: [{ provider: 'github', token: 'gh-t0ken' }],
        targetEntity: ENTITY,
      });
      const { id } = bodyOf(answer, 'ExecuteWorkflowResponseDTO');
      const run = await client.getInstance(id);
      expect(run.data).toMatchObject({
        initiatorEntity: ALICE,
        targetEntity: ENTITY,
      });
      expect(run.text).not.toContain('gh-t0ken');
      expect(
        bodyOf(
          await client.getWorkflowDataInputSchema('create-service', id),
          'InputSchemaResponseDTO',
        ),
      ).toEqual({ inputSchema, data: { name: 'Ann' } });
    });

    it('start a run as an event', async () => {
      const client = await as(ALICE);
      const answer = await client.executeWorkflow({
        workflowId: 'create-service',
        parameters: { name: 'Ann', isEvent: true },
        authTokens: [],
      });
      const { id } = bodyOf(answer, 'ExecuteWorkflowResponseDTO');
      const run = await client.getInstance(id);
      expect(run.data.initiatorEntity).toBe(ALICE);
    });

    it('without a body start a run, too', async () => {
      const response = await fetch(
        `${portal.url}/v2/workflows/complete/execute`,
        {
          method: 'POST',
          headers: {
            Authorization: `Bearer ${await portal.issuer.userToken(ALICE)}`,
          },
        },
      );
      expect(response.status).toBe(200);
    });

    it('of the scaffolder start a run for who made the task', async () => {
      const { auth } = portal.callers.scaffolder;
      const { token } = await auth.getPluginRequestToken({
        onBehalfOf: await auth.authenticate(
          await portal.issuer.userToken('user:default/erin'),
        ),
        targetPluginId: 'orchestrator',
      });
      const client = new RhdhClient(portal.url, token);
      // The template is the entity where the action is given none.
      const id = await start(client, 'create-service', {
        targetEntity: 'template:default/service',
      });
      const own = await as('user:default/erin');
      const run = bodyOf(await own.getInstance(id), 'ProcessInstanceDTO');
      expect(run).toMatchObject({
        initiatorEntity: 'user:default/erin',
        targetEntity: 'template:default/service',
        actor: 'plugin:scaffolder',
      });
      expect(idsOf(await own.listInstances())).toEqual([id]);
      bodyOf(
        await client.getWorkflowOverview('create-service'),
        'WorkflowOverviewDTO',
      );
      bodyOf(
        await client.getWorkflowDataInputSchema('create-service'),
        'InputSchemaResponseDTO',
      );
    });
  });

  describe('of the lists of runs', () => {
    const dave = 'user:default/dave';
    let waiting: string;
    let done: string;
    let failed: string;
    let startOfDone: string;

    beforeAll(async () => {
      const client = await as(dave);
      waiting = await start(client, 'create-service', { targetEntity: ENTITY });
      done = await start(client, 'complete', { targetEntity: ENTITY });
      startOfDone = new Date(time).toISOString();
      failed = await start(client, 'fail');
    });

    const page = (offset = 0, pageSize = 21) => ({
      pageSize,
      offset,
      orderBy: 'start',
      orderDirection: 'DESC',
    });
    const field = (name: string, value: unknown, operator = 'EQ') => ({
      operator,
      value,
      field: name,
    });
    const variable = (name: string, value: string) => ({
      field: 'variables',
      nested: { operator: 'EQ', value, field: name },
    });

    it('have all that the table shows, the newest first', async () => {
      const client = await as(dave);
      const body = bodyOf(
        await client.listInstances(page()),
        'ProcessInstanceListResultDTO',
      );
      expect(body).toMatchObject({
        totalCount: 3,
        paginationInfo: { pageSize: 21, offset: 0 },
      });
      expect(body.items.map((item: any) => item.id)).toEqual([
        ...[failed, done, waiting],
      ]);
      expect(body.items[1]).toMatchObject({
        processId: 'complete',
        processName: 'A complete one',
        version: '1.0',
        state: 'COMPLETED',
        start: startOfDone,
        end: startOfDone,
        duration: '0 hours, 0 minutes, 0 seconds',
        initiatorEntity: dave,
        targetEntity: ENTITY,
        workflowdata: { name: 'Ann', result },
      });
      const answer = await client.listInstances();
      expect(idsOf(answer)).toEqual([failed, done, waiting]);
      expect(answer.data.paginationInfo).toEqual({});
    });

    it('have one more than is shown, to know of the next page', async () => {
      const client = await as(dave);
      expect(idsOf(await client.listInstances(page(0, 2)))).toEqual([
        ...[failed, done],
      ]);
      const next = await client.listInstances(page(2, 2));
      expect(idsOf(next)).toEqual([waiting]);
      expect(next.data.totalCount).toBe(3);
    });

    it.each(['processName', 'state', 'start'])(
      'are sorted by %s',
      async orderBy => {
        const client = await as(dave);
        const sorted = async (orderDirection: string) =>
          bodyOf(
            await client.listInstances({
              ...page(),
              orderBy,
              orderDirection,
            }),
            'ProcessInstanceListResultDTO',
          ).items.map((item: any) => item[orderBy]);
        const up = await sorted('ASC');
        expect(up).toEqual([...up].sort());
        expect(new Set(up).size).toBe(3);
        expect(await sorted('DESC')).toEqual([...up].reverse());
      },
    );

    it('are narrowed by each of the filters, and by all of them', async () => {
      const client = await as(dave);
      const list = async (filters: object) =>
        idsOf(await client.listInstances(page(), filters));
      const status = field('state', 'COMPLETED');
      const workflow = field('processId', 'complete');
      const started = field(
        'start',
        ['2026-03-01T00:00:00.000Z', '2026-03-01T23:59:59.999Z'],
        'BETWEEN',
      );
      const earlier = field(
        'start',
        ['2026-02-01T00:00:00.000Z', '2026-02-28T23:59:59.999Z'],
        'BETWEEN',
      );
      const entity = variable('targetEntity', ENTITY);
      const runBy = variable('initiatorEntity', dave);
      expect(await list(status)).toEqual([done]);
      expect(await list(workflow)).toEqual([done]);
      expect(await list(started)).toEqual([failed, done, waiting]);
      expect(await list(earlier)).toEqual([]);
      expect(await list(entity)).toEqual([done, waiting]);
      expect(await list(runBy)).toEqual([failed, done, waiting]);
      expect(await list(variable('initiatorEntity', ALICE))).toEqual([]);
      const all = [status, workflow, started, entity, runBy];
      expect(await list({ operator: 'AND', filters: all })).toEqual([done]);
      expect(
        await list({ operator: 'AND', filters: [...all, earlier] }),
      ).toEqual([]);
      // The same field twice, and one within the other.
      expect(
        await list({
          operator: 'OR',
          filters: [
            variable('targetEntity', ENTITY),
            variable('targetEntity', 'component:default/other'),
            { operator: 'AND', filters: [field('state', ['ERROR'], 'IN')] },
          ],
        }),
      ).toEqual([failed, done, waiting]);
    });

    it('show the runs of others to who may see them, and to nobody else', async () => {
      const carol = await as('user:default/carol');
      expect(
        idsOf(
          await carol.listInstances(page(), variable('initiatorEntity', dave)),
        ),
      ).toEqual([failed, done, waiting]);
      const bob = await as('user:default/bob');
      const seen = await bob.listInstances(
        page(),
        variable('initiatorEntity', dave),
      );
      expect(idsOf(seen)).toEqual([]);
      expect(seen.data.totalCount).toBe(0);
    });

    it('of one workflow are there, too', async () => {
      const client = await as(dave);
      const answer = await client.getWorkflowInstances('complete', {
        paginationInfo: page(),
      });
      expect(idsOf(answer)).toEqual([done]);
      expect(idsOf(await client.getWorkflowInstances('complete'))).toEqual([
        done,
      ]);
    });

    it('know the states by these words, in this order', async () => {
      const answer = await (await as(dave)).getWorkflowStatuses();
      expect([answer.status, answer.data]).toEqual([
        200,
        [
          { key: 'Active', value: 'ACTIVE' },
          { key: 'Error', value: 'ERROR' },
          { key: 'Completed', value: 'COMPLETED' },
          { key: 'Aborted', value: 'ABORTED' },
          { key: 'Suspended', value: 'SUSPENDED' },
          { key: 'Pending', value: 'PENDING' },
        ],
      ]);
    });
  });

  describe('of the page of a run', () => {
    it('have its nodes, its data and its error', async () => {
      const client = await as(ALICE);
      const id = await start(client, 'fail');
      const run = bodyOf(await client.getInstance(id), 'ProcessInstanceDTO');
      expect(run).toMatchObject({
        id,
        state: 'ERROR',
        workflowdata: { name: 'Ann', result },
        nodes: [
          {
            __typename: 'NodeInstance',
            name: 'step',
            type: 'ActionNode',
            definitionId: 'step',
          },
        ],
        error: {
          __typename: 'ProcessInstanceError',
          nodeDefinitionId: 'step',
          message: expect.any(String),
        },
      });
    });

    it('retrigger it', async () => {
      const client = await as(ALICE);
      const id = await start(client, 'fail');
      const again = await client.retriggerInstance('fail', id);
      expect([again.status, again.text]).toEqual([200, '']);
      expect(again.headers.get('content-type')).toMatch(/^application\/json/);
      const { state, error } = bodyOf(
        await client.getInstance(id),
        'ProcessInstanceDTO',
      );
      expect([state, error]).toEqual(['COMPLETED', null]);
      const tokens = [{ provider: 'github', token: 'gh-t0ken' }];
      const late = await client.retriggerInstance('fail', id, tokens);
      expect(errorOf(late, 409).name).toBe('ConflictError');
    });

    it('abort it', async () => {
      const client = await as(ALICE);
      const id = await start(client, 'create-service');
      const aborted = await client.abortWorkflowInstance(id);
      expect([aborted.status, aborted.data]).toEqual([
        200,
        `Workflow instance ${id} successfully aborted`,
      ]);
      expect(aborted.headers.get('content-type')).toMatch(/^application\/json/);
      const run = bodyOf(await client.getInstance(id), 'ProcessInstanceDTO');
      expect(run.state).toBe('ABORTED');
      expect(errorOf(await client.abortWorkflowInstance(id), 409).name).toBe(
        'ConflictError',
      );
    });

    it.each([undefined, true, false])(
      'have its log, rawlog=%s',
      async rawlog => {
        const client = await as(ALICE);
        const id = await start(client, 'complete');
        const body = bodyOf(
          await client.getWorkflowLogs(id, rawlog),
          'WorkflowLogsResponse',
        );
        expect(body.instanceId).toBe(id);
        expect(body.logs.length).toBeGreaterThan(0);
      },
    );
  });

  // Red Hat's server answers with 500 for all of these.
  it('for what is not there are answered with 404, in the form of an error that the pages show', async () => {
    const client = await as(ALICE);
    const run = await start(client, 'complete');
    const answers: [RhdhAnswer, string][] = [
      [await client.getWorkflowOverview('nope'), 'No such workflow'],
      [await client.getWorkflowSource('nope'), 'No such workflow'],
      [await client.getWorkflowDataInputSchema('nope'), 'No such workflow'],
      [await client.pingWorkflowService('nope'), 'No such workflow'],
      [
        await client.executeWorkflow({ workflowId: 'nope', parameters: {} }),
        'No such workflow',
      ],
      [await client.getInstance('nope'), 'No such workflow instance'],
      [await client.getWorkflowLogs('nope'), 'No such workflow instance'],
      [await client.abortWorkflowInstance('nope'), 'No such workflow instance'],
      [
        await client.retriggerInstance('fail', run),
        'No such workflow instance',
      ],
      [
        await (await as('user:default/bob')).getWorkflowLogs(run),
        'No such workflow instance',
      ],
    ];
    for (const [answer, message] of answers) {
      const data = answer.data ?? JSON.parse(answer.text);
      expect(errorOf({ ...answer, data }, 404)).toMatchObject({
        name: 'NotFoundError',
        message,
      });
    }
  });

  it('with what nobody can filter or sort by are answered with 400', async () => {
    const client = await as(ALICE);
    const answers = [
      await client.listInstances(undefined, {
        operator: 'EQ',
        value: 1,
        field: 'nope',
      }),
      await client.listInstances({ orderBy: 'nope' }),
      await client.listInstances({ orderBy: 'start', orderDirection: 'desc' }),
      await client.listInstances(undefined, {
        operator: 'BETWEEN',
        field: 'start',
      }),
    ];
    for (const answer of answers) {
      expect(errorOf(answer, 400).name).toBe('InputError');
    }
  });

  it('without rights are answered with an object that has nothing in it', async () => {
    const policy = await startTestPortal({
      engines: [engine],
      policy: () => ({ result: 'DENY' } as never),
    });
    const token = await policy.issuer.userToken(ALICE);
    const client = new RhdhClient(policy.url, token);
    const runs = await client.listInstances();
    const workflows = await client.listWorkflowOverviews();
    const one = await client.getWorkflowOverview('complete');
    await policy.stop();
    // Red Hat's server answers with a bare list here, which its own pages cannot read.
    expect(bodyOf(runs, 'ProcessInstanceListResultDTO')).toMatchObject({
      items: [],
      totalCount: 0,
    });
    expect(
      bodyOf(workflows, 'WorkflowOverviewListResultDTO').overviews,
    ).toEqual([]);
    expect(errorOf(one, 403).name).toBe('NotAllowedError');
  });
});
