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

import { TestDatabases } from '@backstage/backend-test-utils';
import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import {
  notStarted,
  type WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { createFakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { decodeJwt } from 'jose';
import type { Knex } from 'knex';
import request from 'supertest';
import { startTestPortal, type TestPortal } from '../__testUtils__/TestPortal';
import { until } from '../workflows/__testUtils__/workflowFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

type StartCall = Parameters<WorkflowEngine['start']>[1];

const SECRET = 'gh-t0ken-of-alice';
const authTokens = [{ provider: 'github', token: SECRET }];

describe('runs of an engine that makes ids, on the wire', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  let knex: Knex;
  let portal: TestPortal;
  const tokens: Record<string, string> = {};

  const engine = createFakeEngine({
    definitions: [
      {
        id: 'wait',
        scenario: 'waits',
        origin: 'remote',
        inputSchema: {
          type: 'object',
          properties: { name: { type: 'string' } },
          additionalProperties: false,
        },
      },
      { id: 'fail', scenario: 'fails', origin: 'remote' },
    ],
    capabilities: { acceptsRunId: false },
    keepsProvenance: false,
  });
  const started = jest.spyOn(engine, 'start');
  const retriggered = jest.spyOn(engine, 'retrigger');

  beforeAll(async () => {
    knex = await databases.init('SQLITE_3');
    portal = await startTestPortal({ engines: [engine], knex });
    for (const name of ['alice', 'bob']) {
      tokens[name] = await portal.issuer.userToken(`user:default/${name}`);
    }
  });
  afterAll(() => portal.stop());

  const post = (name: string, path: string, body: JsonObject = {}) =>
    request(portal.server)
      .post(`/api/orchestrator/v2/workflows${path}`)
      .set('Authorization', `Bearer ${tokens[name]}`)
      .send(body);

  const runsOf = async (name: string) => {
    const answer = await post(name, '/instances').expect(200);
    return answer.body.items as JsonObject[];
  };

  it('whose answer was lost are listed for their owner afterwards', async () => {
    engine.troubles.loseNextAnswer('start');
    const { body } = await post('alice', '/wait/execute').expect(503);
    expect(body.error.code).toBe('engine.unavailable');
    const [run] = await until(async () => {
      const found = await runsOf('alice');
      return found.length > 0 && found;
    });
    expect(engine.storage.runs.has(String(run.id))).toBe(true);
    expect(run).toMatchObject({
      state: 'ACTIVE',
      initiatorEntity: 'user:default/alice',
    });
    expect(await runsOf('bob')).toEqual([]);
  });

  it('get what their caller gave along and a token on behalf of the user, and never the credential', async () => {
    const body = { inputData: { name: 'Ann' }, authTokens };
    const { id } = (await post('alice', '/wait/execute', body).expect(200))
      .body;
    const [sent, call] = started.mock.calls[started.mock.calls.length - 1];
    expect(sent).toMatchObject({ input: { name: 'Ann' } });
    const downstream = (call as StartCall).downstream!;
    expect(downstream.authTokens).toEqual(authTokens);
    const minted = await downstream.pluginToken('catalog');
    expect(decodeJwt(minted!)).toMatchObject({
      sub: 'orchestrator',
      aud: 'catalog',
      obo: expect.any(String),
    });
    expect(minted).not.toBe(tokens.alice);
    expect(JSON.stringify([sent, call])).not.toContain(tokens.alice);

    const failed = (await post('alice', '/fail/execute').expect(200)).body.id;
    await post('alice', `/fail/${failed}/retrigger`, { authTokens }).expect(
      200,
    );
    expect(retriggered).toHaveBeenLastCalledWith(
      failed,
      expect.objectContaining({
        downstream: expect.objectContaining({ authTokens }),
      }),
    );
    await until(async () => (await runsOf('alice')).some(run => run.id === id));
  });

  it('leave no token in what is stored, recorded or answered', async () => {
    const key = { 'Idempotency-Key': 'key' };
    const first = await post('alice', '/wait/execute', { authTokens }).set(key);
    const other = [{ provider: 'github', token: 'another' }];
    const again = await post('alice', '/wait/execute', {
      authTokens: other,
    }).set(key);
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
    const tables: { name: string }[] = await knex
      .select('name')
      .from('sqlite_master')
      .where({ type: 'table' });
    const stored = await Promise.all(tables.map(({ name }) => knex(name)));
    const seen = JSON.stringify([stored, portal.audited, first.body]);
    expect(seen).toContain('user:default/alice');
    expect(seen).not.toContain(SECRET);
  });

  it.each<[string, JsonObject[]]>([
    ['too many', Array.from({ length: 21 }, () => authTokens[0])],
    ['a long name of', [{ provider: 'p'.repeat(65), token: SECRET }]],
    ['too long', [{ provider: 'p', token: SECRET.repeat(1_000) }]],
  ])('refuse %s tokens, without telling them', async (_what, given) => {
    const failed = (await post('alice', '/fail/execute').expect(200)).body.id;
    const sent = started.mock.calls.length;
    for (const path of ['/wait/execute', `/fail/${failed}/retrigger`]) {
      const answer = await post('alice', path, { authTokens: given });
      expect([path, answer.status]).toEqual([path, 400]);
      expect(JSON.stringify(answer.body)).not.toContain(SECRET);
    }
    expect(started.mock.calls).toHaveLength(sent);
  });

  it('take the start by event that the pages of RHDH ask for, beside what the schema takes', async () => {
    const inputData = { name: 'Ann', isEvent: true };
    await post('alice', '/wait/execute', { inputData }).expect(200);
    expect(started.mock.calls[started.mock.calls.length - 1][0].input).toEqual(
      inputData,
    );
    for (const wrong of [{ isEvent: 'true' }, { isEvent: true, name: 1 }]) {
      await post('alice', '/wait/execute', { inputData: wrong }).expect(400);
    }
  });

  it('take no text that the engine could not keep, and say where it is', async () => {
    const before = started.mock.calls.length;
    const { body } = await post('alice', '/fail/execute', {
      inputData: { a: ['x', 'y\0'], 'b/~': { c: '\ud800' }, d: { 'e\0': 1 } },
    }).expect(400);
    expect(body.error.faults.map(({ path }: { path: string }) => path)).toEqual(
      ['body/inputData/a/1', 'body/inputData/b~1~0/c', 'body/inputData/d'],
    );
    await post('alice', '/fail/execute', {
      inputData: { a: 'ä😀', b: Array.from({ length: 100 }, () => '\0') },
    }).expect(400);
    expect(started.mock.calls).toHaveLength(before);
    await post('alice', '/fail/execute', { inputData: { a: 'ä😀' } }).expect(
      200,
    );
  });

  it('say which token an engine cannot use, apart from faults of the input', async () => {
    const faults = ['authTokens/0/provider', '/authTokens/0', ''].map(path => ({
      path,
      message: 'is not one',
    }));
    engine.troubles.failNext(
      'start',
      notStarted(Object.assign(new InputError('No'), { faults })),
    );
    const { body } = await post('alice', '/fail/execute', {
      authTokens,
    }).expect(400);
    expect(body.error.faults.map(({ path }: { path: string }) => path)).toEqual(
      [
        'body/authTokens/0/provider',
        'body/inputData/authTokens/0',
        'body/inputData',
      ],
    );
  });
});
