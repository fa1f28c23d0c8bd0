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
import { createFakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import type { RunState } from '@flowgate/backstage-plugin-orchestrator-node';
import fc from 'fast-check';
import { countByHand } from '../database/__testUtils__/countByHand';
import { replaceRuns } from '../database/__testUtils__/someRuns';
import {
  fromRecord,
  isStarted,
  RUNS,
  type RunRecord,
} from '../database/RunRow';
import { StatisticsStore } from '../database/StatisticsStore';
import { ALL, includesRun, type RunCriteria } from '../grants/criteria';
import { alice, bob, fakeAccess, groupToken } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
  until,
} from './__testUtils__/workflowFixture';

jest.setTimeout(120_000);

const GROUP = 'group:default/payments';
/** Sees also what the group's token started. */
const member = fakeAccess({
  ref: 'user:default/alice',
  owners: ['user:default/alice', GROUP],
});
const CALLERS = { alice, bob, token: groupToken('abc', GROUP) };

/** Something that happens to runs; `run` says to which, counted from the newest. */
type Step =
  | {
      readonly kind: 'start';
      readonly by: keyof typeof CALLERS;
      readonly key?: string;
    }
  | { readonly kind: 'lose answer' }
  | { readonly kind: 'abort' | 'retrigger'; readonly run: number }
  | { readonly kind: 'move'; readonly run: number; readonly to: RunState };

const anyRun = fc.integer({ min: 0, max: 4 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('start' as const),
    by: fc.constantFrom('alice', 'bob', 'token'),
    key: fc.option(fc.constantFrom('k', 'l'), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('lose answer' as const) }),
  fc.record({
    kind: fc.constantFrom('abort' as const, 'retrigger' as const),
    run: anyRun,
  }),
  fc.record({
    kind: fc.constant('move' as const),
    run: anyRun,
    to: fc.constantFrom<RunState>('ACTIVE', 'ERROR', 'COMPLETED', 'SUSPENDED'),
  }),
);

describe('statistics', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  it.each(databases.eachSupportedId())(
    'are on %s what one counts by going through the runs, whatever happened to them',
    async databaseId => {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const statistics = new StatisticsStore(database);
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyStep, { minLength: 5, maxLength: 25 }),
          async steps => {
            await replaceRuns(database.knex, []);
            await database.knex('orchestrator_engine_cursors').delete();
            const engine = createFakeEngine({
              definitions: [{ id: 'wait', scenario: 'waits' }],
            });
            const { service, stop } = await createWorkflowFixture({
              database,
              engines: [engine],
              times: { feedInterval: 1 },
            });
            const { actions } = service;
            const take = async (step: Step) => {
              const ids = [...engine.storage.runs.keys()].reverse();
              switch (step.kind) {
                case 'start': {
                  const caller = CALLERS[step.by];
                  await actions.execute(caller, 'wait', {}, step.key);
                  break;
                }
                case 'lose answer':
                  engine.troubles.loseNextAnswer('start');
                  break;
                case 'move': {
                  // No engine takes a run back that has ended for good.
                  const stored = engine.storage.runs.get(ids[step.run]);
                  const { state } = stored?.run ?? { state: 'ABORTED' };
                  if (state === 'COMPLETED' || state === 'ABORTED') break;
                  engine.advance(ids[step.run], step.to);
                  break;
                }
                case 'abort':
                  await actions.abort(alice, ids[step.run] ?? 'none');
                  break;
                default:
                  await actions.retrigger(alice, 'wait', ids[step.run] ?? 'a');
              }
            };
            // What is refused, or lost, is part of the game.
            for (const step of steps) await take(step).catch(() => {});
            await until(async () => engine.storage.outbox.size === 0);
            await stop();

            const records: RunRecord[] = await database.knex(RUNS);
            const runs = records.map(fromRecord).filter(isStarted);
            // Every run of the engine is in the index, under its one initiator and owner and in its state.
            expect(
              runs
                .map(({ id, state, initiator, owner }) => [
                  id,
                  state,
                  initiator,
                  owner,
                ])
                .sort(),
            ).toEqual(
              [...engine.storage.runs.values()]
                .map(({ run }) => [
                  run.id,
                  run.state,
                  run.provenance!.initiator,
                  run.provenance!.owner,
                ])
                .sort(),
            );
            const seen: RunCriteria[] = [
              { workflows: ALL, owners: [], initiators: [], everybodys: ALL },
              ...(await Promise.all(
                [alice, bob, CALLERS.token, member].map(caller =>
                  caller.runs('instances:read'),
                ),
              )),
            ];
            for (const criteria of seen) {
              const all = await statistics.ofWorkflows(criteria, undefined, 0);
              const expected = countByHand(
                runs.filter(run => includesRun(criteria, run)),
                0,
              );
              const counted = [...all].map(([id, one]) => [
                id,
                {
                  ...one,
                  runs: new Map(
                    [...one.runs].filter(([, count]) => count !== 0),
                  ),
                },
              ]);
              expect(Object.fromEntries(counted)).toEqual(
                Object.fromEntries(expected),
              );
            }
          },
        ),
        { numRuns: 25 },
      );
    },
  );
});
