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
import { startTestPortal, type TestPortal } from './__testUtils__/TestPortal';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(60_000);

describe('orchestratorServiceRef, from another plugin', () => {
  let portal: TestPortal;

  beforeAll(async () => {
    portal = await startTestPortal({
      engines: [
        new FakeEngine({
          definitions: [
            { id: 'waits', scenario: 'waits' },
            {
              id: 'approval',
              scenario: 'waitsForEvent',
              consumes: [{ name: 'approved', type: 'approved' }],
            },
            { id: 'fails', scenario: 'failsOnce' },
          ],
        }),
      ],
      config: {
        backend: {
          auth: {
            externalAccess: [
              {
                type: 'static',
                options: { token: 'token-of-a-script', subject: 'script' },
              },
            ],
          },
        },
        orchestrator: { auth: { admins: ['user:default/carol'] } },
      },
    });
  });

  afterAll(() => portal.stop());

  const caller = () => portal.callers['nightly-report'];
  const ofUser = async (name: string) =>
    caller().auth.authenticate(
      await portal.issuer.userToken(`user:default/${name}`),
    );

  it('starts runs as the plugin itself', async () => {
    const { auth, orchestrator } = caller();
    const credentials = await auth.getOwnServiceCredentials();
    const first = await orchestrator.execute(
      { workflowId: 'waits', input: { day: 1 }, idempotencyKey: 'day-1' },
      { credentials },
    );
    const again = await orchestrator.execute(
      { workflowId: 'waits', input: { day: 1 }, idempotencyKey: 'day-1' },
      { credentials },
    );
    expect(again).toEqual(first);
    const run = await orchestrator.getInstance(
      { instanceId: first.id },
      { credentials },
    );
    expect(run).toMatchObject({
      initiatorEntity: 'plugin:nightly-report',
      state: 'ACTIVE',
    });
    await orchestrator.abort({ instanceId: first.id }, { credentials });
    expect(
      (
        await orchestrator.getInstance(
          { instanceId: first.id },
          { credentials },
        )
      ).state,
    ).toBe('ABORTED');
  });

  it('starts runs as the user for whom the plugin calls, and keeps the plugin as the actor', async () => {
    const { orchestrator } = caller();
    const credentials = await ofUser('alice');
    const { id } = await orchestrator.execute(
      { workflowId: 'fails' },
      { credentials },
    );
    expect(
      await orchestrator.getInstance({ instanceId: id }, { credentials }),
    ).toMatchObject({
      initiatorEntity: 'user:default/alice',
      actor: 'plugin:nightly-report',
      state: 'ERROR',
    });
    await orchestrator.retrigger(
      { workflowId: 'fails', instanceId: id },
      { credentials },
    );
    const runs = await orchestrator.getInstances({}, { credentials });
    expect(runs.items.map(run => run.id)).toEqual([id]);
    expect((await orchestrator.whoami({ credentials })).principal).toEqual({
      type: 'user',
      ref: 'user:default/alice',
      actor: 'plugin:nightly-report',
    });
    expect(
      (await orchestrator.getWorkflows({}, { credentials })).overviews.map(
        one => one.workflowId,
      ),
    ).toEqual(['approval', 'fails', 'waits']);
    expect(
      await orchestrator.getInputSchema(
        { workflowId: 'waits' },
        { credentials },
      ),
    ).toEqual({});
  });

  it('gives a run an event', async () => {
    const { auth, orchestrator } = caller();
    const credentials = await auth.getOwnServiceCredentials();
    const { id } = await orchestrator.execute(
      { workflowId: 'approval' },
      { credentials },
    );
    await expect(
      orchestrator.signal({ instanceId: id, name: 'unknown' }, { credentials }),
    ).rejects.toMatchObject({ statusCode: 400 });
    const signal = () =>
      orchestrator.signal(
        {
          instanceId: id,
          name: 'approved',
          data: { by: 'ann' },
          idempotencyKey: 'once',
        },
        { credentials },
      );
    await signal();
    const { state } = await orchestrator.getInstance(
      { instanceId: id },
      { credentials },
    );
    expect(state).toBe('COMPLETED');
    await expect(signal()).rejects.toMatchObject({ statusCode: 409 });
  });

  it('hides the runs of others, and shows them to an administrator', async () => {
    const { auth, orchestrator } = caller();
    const own = await auth.getOwnServiceCredentials();
    const { id } = await orchestrator.execute(
      { workflowId: 'waits' },
      { credentials: own },
    );
    await expect(
      orchestrator.getInstance(
        { instanceId: id },
        { credentials: await ofUser('bob') },
      ),
    ).rejects.toMatchObject({ name: 'ResponseError', statusCode: 404 });
    await expect(
      orchestrator.getInstance(
        { instanceId: id },
        { credentials: await ofUser('carol') },
      ),
    ).resolves.toMatchObject({ initiatorEntity: 'plugin:nightly-report' });
  });

  it('gives the errors of the gate to the plugin', async () => {
    const { auth, orchestrator } = caller();
    const credentials = await auth.getOwnServiceCredentials();
    await expect(
      orchestrator.execute({ workflowId: 'unknown' }, { credentials }),
    ).rejects.toMatchObject({
      statusCode: 404,
      body: { error: { code: 'workflow.not_found' } },
    });
  });

  it('refuses the credentials of another service, whose identity would be lost', async () => {
    const { auth, orchestrator } = caller();
    const credentials = await auth.authenticate('token-of-a-script');
    await expect(
      orchestrator.execute({ workflowId: 'waits' }, { credentials }),
    ).rejects.toThrow("this would lose the caller's identity");
  });
});
