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

import type { Knex } from 'knex';
import type { IndexDatabase } from './IndexDatabase';
import { inherit, isGivenAway, isHeirOf, ownerlessRef } from './runOwnership';
import {
  fromRecord,
  RUNS,
  toRecord,
  type RunRecord,
  type StartedRun,
} from './RunRow';
import type { RunTransition } from './runTallies';

/** Rows per statement. */
const CHUNK = 200;

/** The runs without an owner that some runs started. */
async function heirsOf(
  trx: Knex.Transaction,
  database: IndexDatabase,
  parents: readonly StartedRun[],
): Promise<StartedRun[]> {
  const heirs: StartedRun[] = [];
  for (let index = 0; index < parents.length; index += CHUNK) {
    const chunk = parents.slice(index, index + CHUNK);
    const query = trx<RunRecord>(RUNS)
      .whereIn(
        'parent_id',
        chunk.map(({ id }) => id),
      )
      .where({ initiator: ownerlessRef(chunk[0].engineId) })
      .whereNotNull('started_at')
      .orderBy('id');
    const records: RunRecord[] = await (database.isPostgres
      ? query.forUpdate()
      : query);
    heirs.push(...records.map(record => fromRecord(record) as StartedRun));
  }
  return heirs;
}

/** Writes whose some runs of one parent are. */
async function give(
  trx: Knex.Transaction,
  runs: readonly StartedRun[],
): Promise<void> {
  for (let index = 0; index < runs.length; index += CHUNK) {
    const chunk = runs.slice(index, index + CHUNK);
    const { initiator, owner, actor, token_id, adopted } = toRecord(chunk[0]);
    await trx<RunRecord>(RUNS)
      .whereIn(
        'id',
        chunk.map(({ id }) => id),
      )
      .update({ initiator, owner, actor, token_id, adopted });
  }
}

/**
 * Gives the runs that others started to whom those were given just now, and so on down to the last; all of one engine. They are
 * written before.
 *
 * @returns the changes that were given, with those that follow from them
 */
export async function handDown(
  trx: Knex.Transaction,
  database: IndexDatabase,
  transitions: readonly RunTransition[],
): Promise<RunTransition[]> {
  const all = new Map(transitions.map(one => [one.after.id, one]));
  let parents = transitions
    .filter(({ before, after }) => isGivenAway(before, after))
    .map(({ after }) => after);
  while (parents.length > 0) {
    const given: StartedRun[] = [];
    const heirs = await heirsOf(trx, database, parents);
    for (const parent of parents) {
      const its = heirs.filter(
        heir => heir.parentId === parent.id && isHeirOf(heir, parent),
      );
      const afters = its.map(heir => inherit(heir, parent));
      await give(trx, afters);
      its.forEach((heir, index) => {
        const after = afters[index];
        const known = all.get(heir.id);
        all.set(heir.id, { before: known ? known.before : heir, after });
        given.push(after);
      });
    }
    parents = given;
  }
  return [...all.values()];
}
