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

import { call, testDatabases } from './__testUtils__/engines';
import { describeOracle } from './__testUtils__/oracle/describeOracle';
import {
  documentedDifferences,
  embeddedCase,
  embeddedDifferences,
  embeddedOutcomes,
} from './__testUtils__/oracle/embeddedDifferences';
import { embeddedTarget } from './__testUtils__/oracle/embeddedTarget';
import { readCase, truthOf } from './__testUtils__/oracle/oracleCases';

/*
 * Cases that were recorded from a running SonataFlow 10.1.0: what it was given, and what came of it. The engine must give the same,
 * but for what the README says. oracle.test.sonataflow.ts replays the same cases against SonataFlow.
 */

const databases = testDatabases();

jest.setTimeout(60_000);

describe.each(databases.eachSupportedId())('%p', databaseId => {
  describeOracle(
    'The embedded engine',
    async () => embeddedTarget(await databases.init(databaseId)),
    embeddedOutcomes,
    embeddedCase,
  );
});

describe('The differences from SonataFlow', () => {
  it('are those of the README, no more and no less', () => {
    const inCases = documentedDifferences().filter(name => /^\d/.test(name));

    expect(inCases.sort()).toEqual(Object.keys(embeddedDifferences).sort());
  });

  it.each(Object.entries(embeddedDifferences))(
    'are differences: %s',
    (name, difference) => {
      expect(truthOf(name, readCase(name).expect)).not.toMatchObject(
        difference,
      );
    },
  );

  it('leave out no definition', async () => {
    const { close, engine } = await embeddedTarget(
      await databases.init('SQLITE_3'),
    );
    const refused = (await engine.listDefinitions(call))
      .filter(({ available }) => !available)
      .map(({ id, unavailableReason }) => [id, unavailableReason]);
    await close();

    expect(refused).toEqual([]);
  });
});
