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

import fc from 'fast-check';
import type { Knex } from 'knex';
import {
  NONE,
  type RunCriteria,
  type WorkflowCriteria,
} from '../../grants/criteria';
import type { FieldValue } from '../../workflows/search/Filter';
import { RUNS, type StartedRun, toRecord } from '../RunRow';
import { tally } from '../runTallies';

/** Texts with everything that means something to LIKE, GLOB, quoting, case or encoding. */
export const ODD_TEXTS = [
  'a',
  'A',
  'ab',
  'a%b',
  'a_b',
  'a*b',
  'a?b',
  'a[b]',
  'a\\b',
  "a'b",
  'a"b',
  'ä',
  'a😀b',
  '',
];

const PEOPLE = ['user:default/alice', 'user:default/bob', 'external:ci'];
const GROUPS = ['group:default/payments', 'group:default/web'];

/** Who starts runs, and whose they are: tokens of groups and of people, and a token of a token. */
const STARTERS: readonly { initiator: string; owner: string }[] = [
  ...PEOPLE.map(ref => ({ initiator: ref, owner: ref })),
  { initiator: 'token:payments', owner: 'group:default/payments' },
  { initiator: 'token:web', owner: 'group:default/web' },
  { initiator: 'token:alices', owner: 'user:default/alice' },
  { initiator: 'token:service', owner: 'token:service' },
  { initiator: 'token:of-service', owner: 'token:service' },
  { initiator: 'token:of-payments', owner: 'token:payments' },
];
export const INITIATORS = STARTERS.map(({ initiator }) => initiator);

/** What callers call their own: users by the refs of themselves and their groups, tokens by their one ref. */
const anyOwn: fc.Arbitrary<Pick<RunCriteria, 'owners' | 'initiators'>> =
  fc.oneof(
    fc.record({
      owners: fc.subarray([...PEOPLE, ...GROUPS]),
      initiators: fc.constant([]),
    }),
    // Tokens that somebody else owns see what they started by that they started it.
    fc.constantFrom(...STARTERS).map(({ initiator, owner }) => ({
      owners: [initiator],
      initiators: initiator === owner ? [] : [initiator],
    })),
  );
export const WORKFLOW_IDS = ['greet', 'wait', 'deploy', 'a_b'];
export const WORKSPACES = ['default', 'payments'];

const STATES = ['ACTIVE', 'ERROR', 'COMPLETED', 'ABORTED'] as const;
const NOON = Date.UTC(2026, 0, 10, 12);

/** A run with something in every column, or nothing where a column may be empty. */
export const anyRun: fc.Arbitrary<Omit<StartedRun, 'id'>> = fc
  .record({
    engineId: fc.constant('fake'),
    workflowId: fc.constantFrom(...WORKFLOW_IDS),
    workspace: fc.constantFrom(...WORKSPACES),
    starter: fc.constantFrom(...STARTERS),
    version: fc.option(fc.constantFrom('1.0', '2.0'), { nil: undefined }),
    name: fc.constantFrom(...ODD_TEXTS),
    actor: fc.option(fc.constant('plugin:scaffolder'), { nil: undefined }),
    targetEntity: fc.option(fc.constantFrom(...ODD_TEXTS), { nil: undefined }),
    state: fc.constantFrom(...STATES),
    start: fc
      .integer({ min: 0, max: 5 })
      .map(hours => NOON + hours * 3_600_000),
    duration: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
  })
  .map(({ starter, ...run }) => ({
    ...run,
    ...starter,
    end: run.duration === undefined ? undefined : run.start + run.duration,
    revision: 0,
  }));

export const anyRuns: fc.Arbitrary<StartedRun[]> = fc
  .array(anyRun, { minLength: 1, maxLength: 30 })
  .map(runs =>
    runs.map((run, index) => ({
      ...run,
      id: `run-${String(index).padStart(3, '0')}`,
    })),
  );

/** Any set of workflows, with sets within sets. */
export const anyWorkflowCriteria: fc.Arbitrary<WorkflowCriteria> = fc.letrec<{
  criteria: WorkflowCriteria;
}>(tie => ({
  criteria: fc.oneof(
    { maxDepth: 3 },
    fc.constant<WorkflowCriteria>({ kind: 'all' }),
    fc.constant<WorkflowCriteria>({ kind: 'none' }),
    fc.record({
      kind: fc.constant('ids' as const),
      values: fc.subarray(WORKFLOW_IDS),
    }),
    fc.record({
      kind: fc.constant('workspaces' as const),
      values: fc.subarray(WORKSPACES),
    }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(tie('criteria'), { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), of: tie('criteria') }),
  ),
})).criteria;

export const anyRunCriteria: fc.Arbitrary<RunCriteria> = fc
  .record({
    workflows: anyWorkflowCriteria,
    own: anyOwn,
    everybodys: fc.oneof(fc.constant(NONE), anyWorkflowCriteria),
  })
  .map(({ own, ...criteria }) => ({ ...criteria, ...own }));

/** A field of a run by our own name of it. */
export function fieldOf(run: StartedRun, field: string): FieldValue {
  return (
    (run as unknown as Record<string, FieldValue | undefined>)[field] ?? null
  );
}

/** Makes the index hold these runs and no others, with their statistics. */
export async function replaceRuns(
  knex: Knex,
  runs: readonly StartedRun[],
): Promise<void> {
  await knex.transaction(async trx => {
    for (const table of [
      RUNS,
      'orchestrator_run_totals',
      'orchestrator_run_days',
      'orchestrator_last_runs',
      'orchestrator_run_targets',
    ]) {
      await trx(table).delete();
    }
    if (runs.length === 0) return;
    await trx(RUNS).insert(runs.map(toRecord));
    await tally(
      trx,
      runs.map(after => ({ after })),
    );
  });
}
