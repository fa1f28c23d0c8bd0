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
import { FakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import type { Knex } from 'knex';
import request from 'supertest';
import { startTestPortal } from './__testUtils__/TestPortal';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(60_000);

/** From now on every connection is refused, also to those who ask while the others are closed. */
async function endDatabase(knex: Knex): Promise<void> {
  knex.client.acquireConnection = async () => {
    throw Object.assign(new Error('connect to 10.0.0.1:5432 refused'), {
      code: 'ECONNREFUSED',
    });
  };
  await knex.destroy();
}

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

describe.each(databases.eachSupportedId())(
  'without its database, %s',
  databaseId => {
    it('the orchestrator answers 503, accepts no run, and still says who calls', async () => {
      const knex = await databases.init(databaseId);
      const engine = new FakeEngine({
        definitions: [{ id: 'waits', scenario: 'waits' }],
      });
      const portal = await startTestPortal({ knex, engines: [engine] });
      const token = await portal.issuer.userToken('user:default/alice');
      const call = (method: 'get' | 'post' | 'delete', path: string) =>
        request(portal.server)
          [method](`/api/orchestrator/v2${path}`)
          .set('Authorization', `Bearer ${token}`);
      const { body: run } = await call(
        'post',
        '/workflows/waits/execute',
      ).expect(200);

      await endDatabase(knex);

      await call('get', '/whoami').expect(200);
      const answers = await Promise.all([
        call('post', '/workflows/waits/execute'),
        call('post', '/workflows/instances'),
        call('get', `/workflows/instances/${run.id}`),
        call('delete', `/workflows/instances/${run.id}/abort`),
      ]);
      for (const { status, body, headers } of answers) {
        expect({ status, code: body.error.code }).toEqual({
          status: 503,
          code: 'service.unavailable',
        });
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
        expect(JSON.stringify(body)).not.toMatch(
          /knex|sqlite|postgres|select|insert|10\.0\.0\.1/i,
        );
      }
      expect([...engine.storage.runs.keys()]).toEqual([run.id]);
      await portal.stop();
    });
  },
);
