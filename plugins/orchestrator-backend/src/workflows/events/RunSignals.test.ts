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
import {
  createFakeEngine,
  type FakeDefinition,
  type FakeEngineOptions,
} from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { alice, bob, fakeAccess } from '../__testUtils__/fakeAccess';
import { NONE } from '../../grants/criteria';
import {
  createIndexDatabase,
  createWorkflowFixture,
} from '../__testUtils__/workflowFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const definitions: FakeDefinition[] = [
  {
    id: 'approve',
    scenario: 'waits',
    consumes: [{ name: 'approval', type: 'approval' }],
  },
  { id: 'done', scenario: 'completes' },
];

const approval = { name: 'approval', data: { by: 'ann' } };

describe('signals', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create(options: FakeEngineOptions = {}) {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const engine = createFakeEngine({ definitions, ...options });
      const fixture = await createWorkflowFixture({
        database,
        engines: [engine],
      });
      const taken = async (id: string) =>
        (await engine.logs(id, { caller: 'test' }))!.filter(({ log }) =>
          log.startsWith('event'),
        ).length;
      return { ...fixture, ...fixture.service, engine, taken };
    }

    it('give a run an event, and are recorded', async () => {
      const { actions, signals, audit, taken, stop } = await create();
      const { id } = await actions.execute(alice, 'approve', {});
      await signals.signal(alice, id, approval);
      await signals.signal(alice, id, approval);
      expect(await taken(id)).toBe(2);
      expect(audit.events.at(-1)).toMatchObject({
        eventId: 'signal-instance',
        outcome: 'succeeded',
        record: {
          event: 'run.signalled',
          workflowId: 'approve',
          instanceId: id,
          meta: { name: 'approval' },
        },
      });
      await stop();
    });

    it('with a key of one caller count once', async () => {
      const { actions, signals, taken, stop } = await create();
      const { id } = await actions.execute(alice, 'approve', {});
      const another = fakeAccess({
        ref: 'user:default/bob',
        owners: ['user:default/alice'],
      });
      await signals.signal(alice, id, approval, 'key');
      await signals.signal(alice, id, approval, 'key');
      expect(await taken(id)).toBe(1);
      await signals.signal(another, id, approval, 'key');
      await signals.signal(alice, id, approval, 'other');
      expect(await taken(id)).toBe(3);
      await stop();
    });

    it('are refused as everything is that changes a run', async () => {
      const { actions, signals, taken, stop } = await create();
      const { id } = await actions.execute(alice, 'approve', {});
      await expect(signals.signal(bob, id, approval)).rejects.toMatchObject({
        code: 'instance.not_found',
      });
      const reader = fakeAccess({
        ref: 'user:default/alice',
        changeable: NONE,
      });
      await expect(signals.signal(reader, id, approval)).rejects.toMatchObject({
        code: 'auth.workspace_forbidden',
      });
      await expect(
        signals.signal(alice, 'unknown', approval),
      ).rejects.toMatchObject({ code: 'instance.not_found' });
      expect(await taken(id)).toBe(0);
      await stop();
    });

    it('are refused by a run that has ended, by an unknown name, and by an engine that takes none', async () => {
      const { actions, signals, stop } = await create();
      const ended = await actions.execute(alice, 'done', {});
      await expect(
        signals.signal(alice, ended.id, approval),
      ).rejects.toMatchObject({ code: 'instance.conflict', status: 409 });
      const { id } = await actions.execute(alice, 'approve', {});
      await expect(
        signals.signal(alice, id, { name: 'unknown' }),
      ).rejects.toMatchObject({ code: 'request.invalid', status: 400 });
      await stop();

      const deaf = await create({ capabilities: { signal: false } });
      const run = await deaf.actions.execute(alice, 'approve', {});
      await expect(
        deaf.signals.signal(alice, run.id, approval),
      ).rejects.toMatchObject({
        code: 'instance.conflict',
        message: expect.stringContaining('takes no events'),
      });
      expect(deaf.engine.troubles.calls.get('signal')).toBeUndefined();
      await deaf.stop();
    });

    it('find a run that the index does not know yet', async () => {
      const { engine, signals, taken, stop } = await create();
      await engine.start(
        {
          definitionId: 'approve',
          runId: 'child',
          input: {},
          provenance: { initiator: 'user:default/alice', workspace: 'default' },
        },
        { caller: 'engine' },
      );
      await signals.signal(alice, 'child', approval);
      expect(await taken('child')).toBe(1);
      await stop();
    });
  });
});
