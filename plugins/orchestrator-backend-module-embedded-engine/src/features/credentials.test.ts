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

import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  mockServices,
  type TestDatabaseId,
} from '@backstage/backend-test-utils';
import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import {
  call,
  ended,
  testDatabases,
  testEngine,
} from '../__testUtils__/engines';
import { FeatureExecution } from './__testUtils__/FeatureExecution';
import { FeatureServices } from './__testUtils__/FeatureServices';
import {
  ACCESS_TOKEN,
  featureSecrets,
  functionCases,
  PROVIDER_TOKEN,
} from './__testUtils__/functionCases';
import { mirror } from './__testUtils__/mirror';
import { dumpOf, leaksIn } from './__testUtils__/secretForms';

/*
 * Calls that prove who they are, to services that answer with all that they were asked with: nothing of it is kept, said or sent on.
 */

const databases = testDatabases();

jest.setTimeout(60_000);

const secrets = [
  ...Object.values(featureSecrets),
  ACCESS_TOKEN,
  PROVIDER_TOKEN,
  `${featureSecrets.user}:${featureSecrets.password}`,
];

const authenticated = functionCases.filter(({ expect: { requests = {} } }) =>
  Object.values(requests).some(
    request => leaksIn(JSON.stringify(request), secrets).length > 0,
  ),
);

describe.each(databases.eachSupportedId())(
  'credentials of calls, on %p',
  (databaseId: TestDatabaseId) => {
    let services: FeatureServices;
    let knex: Knex;
    let engine: WorkflowEngine;
    let logger: jest.Mocked<LoggerService>;

    beforeAll(async () => {
      services = await FeatureServices.start();
      knex = await databases.init(databaseId);
      logger = mockServices.logger.mock();
      engine = await testEngine(knex, { logger, config: services.config });
      await engine.begin?.();
    });

    afterAll(async () => {
      await engine.stop();
      await services.stop();
    });

    it('are those of nine definitions', () => {
      expect(authenticated).toHaveLength(9);
    });

    describe.each([200, 500])('to a service that answers with %d', status => {
      it.each(authenticated)('go nowhere else: $name', async feature => {
        services.reset();
        const { requests = {} } = feature.expect;
        for (const path of ['/echo', ...Object.keys(requests)]) {
          for (const method of ['GET', 'POST']) {
            services.stub.answer(`${method} ${path}`, given => ({
              status,
              ...mirror(given),
            }));
          }
        }
        const execution = new FeatureExecution(feature, randomUUID());
        await execution.drive(engine, knex);
        const run = await ended(engine, execution.runId);

        expect(run.state).toBe(status === 200 ? 'COMPLETED' : 'ERROR');
        const [path, request] = Object.entries(requests)[0];
        expect(
          services.stub.calls.find(one => one.path === path),
        ).toMatchObject(request);
        const lines = Object.values(logger)
          .filter(jest.isMockFunction)
          .flatMap(one => one.mock.calls);
        const traces = [
          await dumpOf(knex),
          JSON.stringify([
            run,
            await engine.logs(execution.runId, call),
            await engine.changes(undefined, { ...call, limit: 10_000 }),
            await engine.history!.read(execution.runId, undefined, {
              ...call,
              limit: 1_000,
            }),
            lines.map(args => args.map(String)),
            services.stub.calls.map(one => one.headers['idempotency-key']),
          ]),
        ].join('\n');
        expect(leaksIn(traces, secrets)).toEqual([]);
      });
    });

    it('that were given along are kept in no form that can be read, while a run waits', async () => {
      services.reset();
      let answer = () => {};
      const gate = new Promise<void>(resolve => {
        answer = resolve;
      });
      services.stub.answer('GET /one', () => ({
        after: gate,
        body: { one: 1 },
      }));
      const called = new Promise<void>(resolve => {
        services.stub.onCall(() => resolve());
      });
      const feature = functionCases.find(
        ({ definition }) => definition === 'providerToken',
      )!;
      const execution = new FeatureExecution(feature, randomUUID());
      await execution.drive(engine, knex);
      await called;

      expect(await knex('embedded_tokens')).toHaveLength(1);
      expect(leaksIn(await dumpOf(knex), secrets)).toEqual([]);
      answer();
      expect((await ended(engine, execution.runId)).state).toBe('COMPLETED');
      expect(await knex('embedded_tokens')).toEqual([]);
    });
  },
);
