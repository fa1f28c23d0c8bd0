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
import { InputError } from '@backstage/errors';
import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import {
  call,
  start,
  testDatabases,
  testEngine,
  until,
} from '../__testUtils__/engines';
import { RestStub } from '../__testUtils__/restStub';
import {
  leakDefinition,
  tricks,
  wholeTexts,
} from './__testUtils__/leakDefinition';
import type { LeakPosition } from './__testUtils__/LeakPosition';
import { mirror } from './__testUtils__/mirror';
import { passedPositions } from './__testUtils__/passedPositions';
import { refusedPositions } from './__testUtils__/refusedPositions';
import { dumpOf, formsOf, leaksIn } from './__testUtils__/secretForms';

/*
 * Definitions that try to carry a secret out of the call that it is for: by every place of the language, written in every way. Each is
 * refused when it is loaded, or the secret is nowhere but in that call.
 */

const databases = testDatabases();

jest.setTimeout(120_000);

/** With characters that look different in each encoding. */
const SECRET = 's3cr3t/+ "&=?~Xq9-value';

const leakPositions = [...refusedPositions, ...passedPositions];

const named = (positions: readonly LeakPosition[]) =>
  positions.map((one): [string, LeakPosition] => [one.name, one]);

describe('the search for secrets', () => {
  it.each([0, 1, 2, 3])('finds base64 at offset %d', offset => {
    const text = Buffer.from(`${'a'.repeat(offset)}${SECRET}zz`);

    expect(leaksIn(text.toString('base64'), [SECRET])).not.toEqual([]);
  });

  it('takes nothing for a secret that is none', () => {
    expect(leaksIn('$SECRET.token and other words', [SECRET])).toEqual([]);
    expect(formsOf(SECRET).every(form => form.length > 15)).toBe(true);
  });
});

describe.each(databases.eachSupportedId())(
  'secrets, on %p',
  (databaseId: TestDatabaseId) => {
    let stub: RestStub;
    let knex: Knex;
    let engine: WorkflowEngine;
    let logger: jest.Mocked<LoggerService>;
    const ids = new Set<string>();

    const idOf = (position: string, text: string) => {
      const id = `leak-${Buffer.from(`${position} ${text}`).toString('hex')}`;
      return id.slice(0, 200);
    };

    beforeAll(async () => {
      for (const { name } of leakPositions) {
        for (const text of [...wholeTexts, ...tricks]) {
          ids.add(idOf(name, text));
        }
      }
      stub = await RestStub.start();
      knex = await databases.init(databaseId);
      logger = mockServices.logger.mock();
      engine = await testEngine(knex, {
        logger,
        config: {
          egress: [stub.url],
          functions: new Map(
            ['echo', 'path', 'bad'].map(name => [name, { baseUrl: stub.url }]),
          ),
          secrets: new Map([['token', { value: SECRET, workflows: [...ids] }]]),
          events: { sink: `${stub.url}/sink`, crossWorkspace: [] },
        },
      });
      await engine.begin?.();
      await engine.definitions!.create(
        {
          format: 'json',
          source: JSON.stringify(
            leakDefinition('leakChild', leakPositions[0], '.'),
          ),
        },
        call,
      );
    });

    afterAll(async () => {
      await engine.stop();
      await stub.stop();
    });

    /** Registers the definition and runs it to its end; false where it is refused. */
    const run = async (position: LeakPosition, text: string) => {
      stub.reset();
      stub.answer('POST /echo', mirror);
      stub.answer('POST /bad', given => ({ status: 500, ...mirror(given) }));
      const id = idOf(position.name, text);
      try {
        await engine.definitions!.create(
          {
            format: 'json',
            source: JSON.stringify(leakDefinition(id, position, text)),
          },
          call,
        );
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        if (leaksIn(JSON.stringify([error.message, error]), [SECRET])[0]) {
          throw new Error('The refusal names the secret');
        }
        return undefined;
      }
      const runId = await start(engine, id, { a: 1 });
      if (position.waits) {
        await engine.signal(runId, { name: 'go', data: { b: 1 } }, call);
      }
      const ended = await until(
        engine,
        runId,
        ({ state }) => state !== 'ACTIVE',
      );
      while (await knex('embedded_produced').first('seq')) {
        await new Promise(resolve => {
          setTimeout(resolve, 10);
        });
      }
      return { runId, ended };
    };

    /** Everything that the engine keeps, says or sends, but for the call itself. */
    const traces = async (runId: string) => {
      const history = await engine.history!.read(runId, undefined, {
        ...call,
        limit: 1_000,
      });
      const lines = Object.values(logger)
        .filter(jest.isMockFunction)
        .flatMap(one => one.mock.calls);
      return [
        await dumpOf(knex),
        JSON.stringify([
          await engine.get(runId, call),
          await engine.logs(runId, call),
          await engine.changes(undefined, { ...call, limit: 10_000 }),
          history,
          lines.map(args => args.map(String)),
          stub.emitted,
          stub.calls.map(({ headers }) => headers['idempotency-key']),
          stub.calls.slice(1),
        ]),
      ].join('\n');
    };

    it.each(named(refusedPositions))(
      'are refused in %s',
      async (_, position) => {
        const came = [];
        for (const text of [...wholeTexts, ...tricks]) {
          came.push([text, await run(position, text)]);
        }

        expect(came).toEqual(
          [...wholeTexts, ...tricks].map(text => [text, undefined]),
        );
      },
    );

    describe.each(named(passedPositions))('in %s', (_, position) => {
      it('go nowhere else', async () => {
        const came = [];
        for (const text of wholeTexts) {
          const ran = await run(position, text);
          const [first] = stub.calls;
          const arrived = leaksIn(
            JSON.stringify({ ...first, text: decodeURI(first?.path ?? '') }),
            [SECRET],
          );
          came.push({
            text,
            // The test would find it: it did arrive where it belongs.
            arrived: arrived.length > 0,
            leaks: ran && leaksIn(await traces(ran.runId), [SECRET]),
          });
        }

        expect(came).toEqual(
          wholeTexts.map(text => ({
            text,
            arrived: position.outcome === 'sent',
            leaks: [],
          })),
        );
      });

      it('are taken apart by no expression', async () => {
        const came = [];
        for (const text of tricks) {
          const ran = await run(position, text);
          came.push([text, ran && leaksIn(await traces(ran.runId), [SECRET])]);
        }

        expect(came).toEqual(
          tricks.map(text => [
            text,
            position.outcome === 'literal' ? [] : undefined,
          ]),
        );
      });
    });
  },
);
