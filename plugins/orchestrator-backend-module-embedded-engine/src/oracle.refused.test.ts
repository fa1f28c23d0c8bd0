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
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  call,
  ended,
  start,
  testDatabases,
  testEngine,
} from './__testUtils__/engines';
import { oracleFixtures } from './__testUtils__/oracle/oracleCases';
import { RestStub } from './__testUtils__/restStub';

/*
 * Definitions that SonataFlow refuses to build, or accepts without doing what they say. The engine refuses them as well, by the name of
 * what is wrong, but for three that it can run.
 */

const databases = testDatabases();

jest.setTimeout(60_000);

/** What the fault of each says, by where it is. */
const faults: Readonly<Record<string, readonly [string, RegExp]>> = {
  'x-comp-nested': ['/states/U/compensatedBy', /nested compensation/],
  'x-continue-as': ['/states/A/end/continueAs', /continueAs/],
  'x-cron': ['/start/schedule', /schedule/],
  'x-default-error': ['/errors/0', /error d must have a code/],
  'x-event-nodefault': ['/states/A/eventConditions', /eventTimeout/],
  'x-foreach': ['/states/A', /iterationParam/],
  'x-graphql': ['/functions/0', /graphql/],
  'x-jsonpath': ['/expressionLang', /jsonpath/],
  'x-month': ['/states/B/timeouts/eventTimeout', /P1M.* is not a duration/],
  'x-no-end': ['/states/A', /transition nor an end/],
  'x-no-errordef': ['/states/A/onErrors/0/0', /no error "nope"/],
  'x-no-function': ['/states/A/actions/0/functionRef', /no function "nope"/],
  'x-no-target': ['/states/A', /no state "Nowhere"/],
  'x-retry-missing': [
    '/states/A/actions/0/retryRef',
    /no retry strategy "nope"/,
  ],
  'x-run-before': ['/states/C', /reached by no transition/],
  'x-script': ['/functions/0', /script/],
  'x-subflow-missing': [
    '/states/A/actions/0/subFlowRef',
    /no workflow nowhere/,
  ],
  'x-switch-input': ['/states/A/stateDataFilter', /on a switch/],
  'x-switch-output': ['/states/A/stateDataFilter', /on a switch/],
  'x-syntax': ['/functions/0/operation', /not valid/],
  'x-sysout': ['/states/A/actions/0/functionRef/arguments', /message/],
  'x-to-plain': [
    '/states/A/actions/0/actionDataFilter/toStateData',
    /a\/0 is not defined/,
  ],
  'x-undefined-fn': ['/functions/0/operation', /nosuchfn\/1 is not defined/],
  'x-unreachable': ['/states/B', /reached by no transition/],
};

const runnable = ['x-loop-to-start', 'x-parallel-noname', 'x-rest-dash'];

const folder = path.join(oracleFixtures, 'refused');

const sourceOf = (name: string) => ({
  source: readFileSync(path.join(folder, `${name}.sw.yaml`), 'utf8'),
  format: 'yaml' as const,
});

describe.each(databases.eachSupportedId())(
  'definitions that SonataFlow refuses, on %p',
  (databaseId: TestDatabaseId) => {
    let stub: RestStub;
    let engine: WorkflowEngine;

    beforeAll(async () => {
      stub = await RestStub.start();
      engine = await testEngine(await databases.init(databaseId), {
        config: {
          definitions: [{ folder }],
          egress: [stub.url],
          functions: new Map([['get', { baseUrl: stub.url }]]),
          limits: { stepsPerRun: 200 },
        },
      });
      await engine.begin?.();
    });

    afterAll(async () => {
      await engine.stop();
      await stub.stop();
    });

    it('are all looked at', () => {
      expect([...Object.keys(faults), ...runnable].sort()).toEqual(
        readdirSync(folder)
          .map(file => file.replace('.sw.yaml', ''))
          .sort(),
      );
    });

    it('are refused from a folder, but for those that can run', async () => {
      const available = (await engine.listDefinitions(call))
        .filter(one => one.available)
        .map(({ id }) => id);

      expect(available.sort()).toEqual(runnable);
    });

    it.each(Object.entries(faults))(
      'are refused over HTTP: %s',
      async (name, [where, message]) => {
        const error = await engine
          .definitions!.check(sourceOf(name), call)
          .then(
            () => undefined,
            refusal => refusal,
          );

        expect(error).toMatchObject({ name: 'InputError' });
        expect(error.faults).toContainEqual({
          path: where,
          message: expect.stringMatching(message),
        });
      },
    );

    it('end a run that never waits by the steps that it may take', async () => {
      const run = await ended(engine, await start(engine, 'x-loop-to-start'));

      expect(run).toMatchObject({
        state: 'ERROR',
        error: { message: expect.stringMatching(/more than 200 steps/) },
      });
    });

    it('run branches without names', async () => {
      const runId = await start(engine, 'x-parallel-noname', { k: 1 });

      // Both give 1; what is no object goes to `response`.
      expect(await ended(engine, runId)).toMatchObject({
        state: 'COMPLETED',
        data: { k: 1, response: 1 },
      });
    });

    it('call from a workflow whose id has a dash', async () => {
      stub.reset({ 'GET /x': [{ body: { x: 1 } }] });
      const run = await ended(engine, await start(engine, 'x-rest-dash'));

      expect(run).toMatchObject({ state: 'COMPLETED', data: { x: 1 } });
    });
  },
);
