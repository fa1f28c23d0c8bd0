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

import type { JsonObject } from '@backstage/types';
import {
  createInputValidator,
  type WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  call,
  ended,
  start,
  testDatabases,
  testEngine,
  until,
} from './__testUtils__/engines';
import { RestStub, type StubAnswer } from './__testUtils__/restStub';

/*
 * Cases that were recorded from a running SonataFlow 10.1.0: what it was given, and what came of it. The engine must give the same,
 * but where a case stands below under `intended`.
 */

const fixtures = path.join(__dirname, '__fixtures__', 'oracle');

interface OracleCase {
  readonly definition: string;
  readonly input?: JsonObject;
  readonly stub?: Record<string, StubAnswer[]>;
  readonly events?: readonly {
    manage?: string;
    waitState?: string;
    wait?: number;
  }[];
  readonly expect: {
    readonly state: string;
    readonly workflowdata?: unknown;
    readonly calls?: { method: string; path: string; body?: unknown }[];
  };
}

/** Cases whose definitions need features that this tier of the engine does not have. */
const excluded: Record<string, string> = {
  'compensate.sw.yaml': 'compensation',
  'eventCorr.sw.yaml': 'events',
  'eventMerge.sw.yaml': 'events',
  'eventStart.sw.yaml': 'events',
  'eventTwo.sw.yaml': 'events',
  'eventWait.sw.yaml': 'events',
  'callbackState.sw.yaml': 'state type callback',
  'foreach.sw.yaml': 'state type foreach',
  'parallel.sw.yaml': 'state type parallel',
  'produce.sw.yaml': 'produceEvents',
  'restOpenapi.sw.yaml': 'functions by OpenAPI',
  'subParent.sw.yaml': 'subFlowRef',
  'subChild.sw.yaml': 'events',
  'switchEvent.sw.yaml': 'switch on events',
  'terminate.sw.yaml': 'state type parallel',
  'timeoutStates.sw.yaml': 'timeouts',
  'timeoutWorkflow.sw.yaml': 'timeouts',
};
const excludedCases: Record<string, string> = {
  '06-catch-code-event': 'state type event',
  '12-skip': 'skip, which WorkflowEngine does not have',
};

/** Where the engine does what the definition says, though SonataFlow does otherwise; the README lists them. */
const intended: Record<
  string,
  { workflowdata?: unknown; calls?: unknown[]; state?: string }
> = {
  '02-context': contextOf(null),
  '02-secret': {
    workflowdata: {
      a: 'A',
      b: 'B',
      list: [1, 2],
      obj: { k: 'v' },
      case: 'secret',
      out: { joined: '<redacted>', secret: '<redacted>' },
    },
    calls: [
      {
        method: 'POST',
        path: '/echo',
        body: { joined: 'k-s3cr3t-value', secret: 's3cr3t-value' },
      },
    ],
  },
  '03-same-target-1': {
    workflowdata: { case: 'same-target', v: 1, took: 'one' },
  },
  '05-ref-2-failures': {
    workflowdata: { case: 'ref', got: { ok: 1 } },
    calls: Array(3).fill({ method: 'GET', path: '/things/r' }),
  },
  '05-ref-9-failures': {
    workflowdata: { case: 'ref', caught: true },
    calls: Array(3).fill({ method: 'GET', path: '/things/r' }),
  },
  '06-catch-all-code': { workflowdata: { k: 'k' } },
  '06-catch-code-runtime': { workflowdata: { case: 'runtime', k: 'k' } },
};

/** The headers of the start request go nowhere, so that no expression sees them. */
function contextOf(header: string | null) {
  const out = {
    process: 'exprArgs',
    idType: 'string',
    nope: '$WORKFLOW.nope',
    keys: [],
    prev: null,
    input: 'context',
    headerLower: null,
    name: 'which strings are expressions',
    header,
    id: '<instance>',
  };
  return {
    workflowdata: {
      a: 'A',
      b: 'B',
      list: [1, 2],
      obj: { k: 'v' },
      case: 'context',
      out,
    },
    calls: [{ method: 'POST', path: '/echo', body: out }],
  };
}

/** Definitions that differ from the recorded ones only in that a function by OpenAPI is one of custom:rest, or what is refused is left out. */
const variants = readdirSync(path.join(fixtures, 'variants'));

const cases = readdirSync(path.join(fixtures, 'cases'))
  .map(file => {
    const name = file.replace(/\.json$/, '');
    return {
      name,
      recorded: JSON.parse(
        readFileSync(path.join(fixtures, 'cases', file), 'utf8'),
      ) as OracleCase,
    };
  })
  .filter(
    ({ name, recorded }) =>
      excluded[recorded.definition] === undefined &&
      excludedCases[name] === undefined,
  );

const databases = testDatabases();

describe.each(databases.eachSupportedId())(
  'cases of SonataFlow on %p',
  databaseId => {
    let engine: WorkflowEngine;
    let stub: RestStub;

    beforeAll(async () => {
      stub = await RestStub.start();
      engine = await testEngine(await databases.init(databaseId), {
        config: {
          definitions: [
            { folder: path.join(fixtures, 'variants') },
            { folder: path.join(fixtures, 'definitions') },
          ],
          egress: [stub.url],
          functions: new Map(
            ['get', 'post', 'put', 'getThing'].map(name => [
              name,
              { baseUrl: stub.url },
            ]),
          ),
          secrets: new Map([
            [
              'oracle_secret',
              { value: 's3cr3t-value', workflows: ['exprArgs'] },
            ],
          ]),
        },
      });
      await engine.begin?.();
    });

    afterAll(async () => {
      await engine.stop();
      await stub.stop();
    });

    it('leaves out no other definition than those it says', async () => {
      const refused = (await engine.listDefinitions(call))
        .filter(({ available }) => !available)
        .map(({ id }) => `${id}.sw.yaml`);

      expect(new Set(refused)).toEqual(
        new Set(Object.keys(excluded).filter(file => !variants.includes(file))),
      );
    });

    it.each(cases)('$name', async ({ name, recorded }) => {
      const { events = [], expect: observed } = recorded;
      const wanted = { ...observed, ...intended[name] };
      const definitionId = recorded.definition.replace(/\.sw\.yaml$/, '');
      stub.reset(recorded.stub);
      // The way in unwraps what RHDH's clients send, as SonataFlow does.
      const input = (recorded.input?.workflowdata ??
        recorded.input ??
        {}) as JsonObject;
      const definition = (await engine.listDefinitions(call)).find(
        ({ id }) => id === definitionId,
      )!;
      const faults =
        definition.inputSchema === undefined ||
        !definition.failOnValidationErrors
          ? []
          : createInputValidator(definition.inputSchema)(input);

      expect(faults.length > 0).toBe(wanted.state === 'NONE');
      if (faults.length > 0) {
        return;
      }

      const runId = await start(engine, definitionId, input);
      for (const event of events) {
        if (event.waitState !== undefined) {
          await until(engine, runId, run => run.state === event.waitState);
        } else if (event.manage === 'abort') {
          await engine.abort(runId, call);
        } else if (event.manage === 'retrigger') {
          await engine.retrigger(runId, call);
        }
      }
      const run = await ended(engine, runId);
      const normalised = (value: unknown) =>
        JSON.parse(
          JSON.stringify(value ?? null).replaceAll(runId, '<instance>'),
        );

      expect({ state: run.state, data: normalised(run.data) }).toEqual({
        state: wanted.state,
        data: wanted.workflowdata,
      });
      expect(
        normalised(stub.calls.map(({ headers: _headers, ...rest }) => rest)),
      ).toEqual(wanted.calls ?? []);
    });
  },
);
