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

import type { TestDatabaseId } from '@backstage/backend-test-utils';
import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { call, testDatabases, testEngine } from '../__testUtils__/engines';
import { featureCases } from './__testUtils__/featureCases';
import { faultsOf } from './__testUtils__/faultsOf';
import { FeatureExecution } from './__testUtils__/FeatureExecution';
import { FeatureServices } from './__testUtils__/FeatureServices';

/*
 * A definition for each feature of the language, with what is given to it and what must come of it. crashMatrix.test.ts runs the same
 * ones with a crash at every point.
 */

const databases = testDatabases();

jest.setTimeout(60_000);

describe.each(databases.eachSupportedId())(
  'features of the language, on %p',
  (databaseId: TestDatabaseId) => {
    let services: FeatureServices;
    let knex: Knex;
    let engine: WorkflowEngine;

    beforeAll(async () => {
      services = await FeatureServices.start();
      knex = await databases.init(databaseId);
      engine = await testEngine(knex, { config: services.config });
      await engine.begin?.();
    });

    afterAll(async () => {
      await engine.stop();
      await services.stop();
    });

    it('are all read', async () => {
      const definitions = await engine.listDefinitions(call);

      expect(
        definitions
          .filter(({ available }) => !available)
          .map(({ id, unavailableReason }) => [id, unavailableReason]),
      ).toEqual([]);
      expect(definitions.map(({ id }) => `${id}.sw.yaml`).sort()).toEqual(
        readdirSync(path.join(__dirname, 'definitions'))
          .filter(file => file.endsWith('.sw.yaml'))
          .sort(),
      );
    });

    it.each(featureCases)('$name', async feature => {
      const { expect: wanted } = feature;
      services.reset();
      const execution = new FeatureExecution(feature, randomUUID());
      await execution.drive(engine, knex);
      const faults = await faultsOf(
        feature,
        execution,
        { engine, knex },
        services.stub,
      );
      const { calls } = services.stub;
      const called = [...new Set(calls.map(one => one.path))];
      const requests = Object.entries(wanted.requests ?? {});

      expect(faults).toEqual([]);
      expect(called).toEqual(wanted.order ?? called);
      expect(
        requests.map(([route]) => calls.find(one => one.path === route)),
      ).toMatchObject(requests.map(([, request]) => request));
    });
  },
);
