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
import path from 'node:path';
import { call, testDatabases, testEngine } from './__testUtils__/engines';
import {
  describeOracle,
  type OracleTarget,
} from './__testUtils__/oracle/describeOracle';
import {
  documentedDifferences,
  embeddedDifferences,
} from './__testUtils__/oracle/embeddedDifferences';
import {
  excludedDefinitions,
  oracleFixtures,
  readCase,
  variants,
} from './__testUtils__/oracle/oracleCases';
import { RestStub } from './__testUtils__/restStub';

/*
 * Cases that were recorded from a running SonataFlow 10.1.0: what it was given, and what came of it. The engine must give the same,
 * but for what the README says. oracle.test.sonataflow.ts replays the same cases against SonataFlow.
 */

const databases = testDatabases();

async function targetOn(databaseId: TestDatabaseId): Promise<OracleTarget> {
  const stub = await RestStub.start();
  const engine = await testEngine(await databases.init(databaseId), {
    config: {
      definitions: [
        { folder: path.join(oracleFixtures, 'variants') },
        { folder: path.join(oracleFixtures, 'definitions') },
      ],
      egress: [stub.url],
      functions: new Map(
        ['get', 'post', 'put', 'getThing'].map(name => [
          name,
          { baseUrl: stub.url },
        ]),
      ),
      secrets: new Map([
        ['oracle_secret', { value: 's3cr3t-value', workflows: ['exprArgs'] }],
      ]),
    },
  });
  await engine.begin?.();
  return {
    engine,
    stub: {
      reset: script => stub.reset(script),
      calls: async () => stub.calls.map(({ headers: _, ...rest }) => rest),
    },
    close: async () => {
      await engine.stop();
      await stub.stop();
    },
  };
}

describe.each(databases.eachSupportedId())('%p', databaseId => {
  describeOracle(
    'The embedded engine',
    () => targetOn(databaseId),
    (name, recorded) => ({ ...recorded, ...embeddedDifferences[name] }),
  );
});

describe('The differences from SonataFlow', () => {
  it('are those of the README, no more and no less', () => {
    const inCases = documentedDifferences().filter(name => /^\d/.test(name));

    expect(new Set(inCases)).toEqual(new Set(Object.keys(embeddedDifferences)));
  });

  it.each(Object.entries(embeddedDifferences))(
    'are differences: %s',
    (name, difference) => {
      expect(readCase(name).expect).not.toMatchObject(difference);
    },
  );

  it('leave out no other definition than those whose features are missing', async () => {
    const { engine, close } = await targetOn('SQLITE_3');
    const refused = (await engine.listDefinitions(call))
      .filter(({ available }) => !available)
      .map(({ id }) => `${id}.sw.yaml`);
    await close();

    expect(new Set(refused)).toEqual(
      new Set(
        Object.keys(excludedDefinitions).filter(
          file => !variants.includes(file),
        ),
      ),
    );
  });
});
