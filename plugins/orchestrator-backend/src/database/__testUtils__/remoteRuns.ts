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

import type { RunChange } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import {
  createAuditFixture,
  START,
} from '../../audit/__testUtils__/auditFixture';
import { ALL, NONE } from '../../grants/criteria';
import { makeRow } from '../../workflows/runChanges';
import { RunChangeStore } from '../RunChangeStore';
import {
  fromRecord,
  isStarted,
  RUNS,
  type RunRecord,
  type RunRow,
} from '../RunRow';
import { RunStore } from '../RunStore';
import { StatisticsStore } from '../StatisticsStore';
import { countByHand } from './countByHand';

/** The workspace of the workflow of the tests, as the catalog knows it. */
export const WORKSPACE = 'payments';
/** A start by a token of a group, on behalf of nobody. */
export const RESERVATION: RunRow = {
  id: 'reserved',
  engineId: 'remote',
  workflowId: 'pay',
  workspace: WORKSPACE,
  name: 'Pay',
  initiator: 'token:abc',
  owner: 'group:default/payments',
  actor: 'plugin:scaffolder',
  tokenId: 'abc',
  targetEntity: 'component:default/web',
  state: 'PENDING',
  idempotencyKey: 'key',
  inputHash: 'hash',
  revision: 0,
  reservedAt: START,
};

/** What a run has of the reservation that made it. */
export const ORIGIN = {
  initiator: 'token:abc',
  owner: 'group:default/payments',
  actor: 'plugin:scaffolder',
  tokenId: 'abc',
};

/** A change of a run of an engine that makes ids. */
export function change(
  runId: string,
  more: Partial<RunChange> = {},
): RunChange {
  return {
    runId,
    definitionId: 'pay',
    state: 'ACTIVE',
    revision: 8,
    start: new Date(START + 5).toISOString(),
    ...more,
  };
}

const PLACE = { workspace: WORKSPACE, name: 'Pay' };

/**
 * The stores of the index for an engine that makes ids, with a look at everything that they keep.
 *
 * @param options - `isUnknown`: whether nobody knows the workflows of the runs; default they are known
 */
export async function createRemoteRuns(
  knex: Knex,
  options: { isUnknown?: boolean } = {},
) {
  const log = await createAuditFixture(knex);
  const { database } = log;
  const runs = new RunStore(database);
  const changes = new RunChangeStore(database);
  const statistics = new StatisticsStore(database);
  let receipts = 0;
  const rows = async () => {
    const records = await knex<RunRecord>(RUNS).orderBy('id');
    return records.map(fromRecord);
  };
  return {
    ...log,
    runs,
    changes,
    /** Stores changes as the feed does, however many others do so at the same time. */
    async bring(...told: RunChange[]) {
      for (;;) {
        const asked = await changes.receipt('remote');
        receipts += 1;
        const stored = await changes.store(
          'remote',
          { asked, next: `receipt-${receipts}`, changes: told },
          START + 60_000,
          one => makeRow('remote', one, options.isUnknown ? undefined : PLACE),
        );
        if (stored) return;
      }
    },
    rows,
    /** Checks that everybody's statistics, and each owner's, are as one would count them. */
    async expectCounted() {
      const all = (await rows()).filter(isStarted);
      const owners = new Set(all.map(({ owner }) => owner));
      for (const owner of [undefined, ...owners]) {
        if (owner?.startsWith('engine:')) continue;
        const criteria = {
          workflows: ALL,
          owners: owner === undefined ? [] : [owner],
          initiators: [],
          everybodys: owner === undefined ? ALL : NONE,
        };
        const its = all.filter(
          run => owner === undefined || run.owner === owner,
        );
        const counted = await statistics.ofWorkflows(criteria, undefined, 0);
        for (const [id, one] of counted) {
          const states = [...one.runs].filter(([, count]) => count !== 0);
          counted.set(id, { ...one, runs: new Map(states) });
        }
        expect([owner, counted]).toEqual([owner, countByHand(its, 0)]);
      }
    },
    /** What the audit log shows of starts: the run and what became of it. */
    async audited() {
      const shown = await log.pages.page({}, 1_000);
      return shown
        .filter(({ event }) => event === 'run.started')
        .map(({ instanceId, outcome, tokenId, meta }) => ({
          instanceId,
          outcome,
          tokenId,
          meta,
        }));
    },
  };
}
