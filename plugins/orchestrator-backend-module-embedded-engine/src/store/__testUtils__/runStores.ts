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
import { initialState, type RunState } from '../../interpreter/RunState';
import type { Commit, NewRun } from '../Commit';
import { prepareDatabase } from '../database';
import { InboxReader } from '../InboxReader';
import { InboxStore } from '../InboxStore';
import { LeaseStore } from '../LeaseStore';
import type { Message } from '../Message';
import { RunAborts } from '../RunAborts';
import { RunDeletes } from '../RunDeletes';
import { RunInserts } from '../RunInserts';
import { RunStore } from '../RunStore';
import type { StoredRun } from '../rows';

/** The stores of runs on a database, as an engine has them. */
export function runStores(
  knex: Knex,
  limits: { maxWaiting?: number; maxChildren?: number } = {},
) {
  const inbox = new InboxStore(knex, { maxWaiting: limits.maxWaiting ?? 100 });
  const erase = async () => {};
  const aborts = new RunAborts(knex, inbox, erase);
  return {
    inbox,
    aborts,
    reader: new InboxReader(knex),
    leases: new LeaseStore(knex),
    inserts: new RunInserts(knex, {
      maxChildren: limits.maxChildren ?? 100,
      maxDescendants: 100,
    }),
    runs: new RunStore(knex, { maxLines: 10, inbox, aborts, erase }),
    deletes: new RunDeletes(knex),
  };
}

/** Makes the tables. */
export function prepare(knex: Knex): Promise<void> {
  return prepareDatabase(knex, {
    skipMigrations: false,
    synchronous: 'normal',
  });
}

/** A state that only waits for what comes. */
export function waitingState(more: Partial<RunState> = {}): RunState {
  return { ...initialState('Wait', {}), ...more };
}

/** A run to store. */
export function newRun(id: string, more: Partial<NewRun> = {}): NewRun {
  return {
    id,
    definitionId: 'some',
    definitionHash: 'hash',
    version: '1.0',
    state: waitingState(),
    provenance: { initiator: 'user:default/test', workspace: 'default' },
    now: 1_000,
    depth: 0,
    correlations: [],
    announced: false,
    ...more,
  };
}

/** A commit that lets go of a run which waits still. */
export function commitOf(
  run: Pick<StoredRun, 'id' | 'rev' | 'state'> & { readonly mailSeen: number },
  owner: string | null,
  more: Partial<Commit> = {},
): Commit {
  return {
    id: run.id,
    definitionId: 'some',
    rev: run.rev,
    owner,
    before: run.state.status,
    state: run.state,
    records: [],
    results: [],
    nextOwner: null,
    now: 2_000,
    mail: run.mailSeen,
    taken: [],
    journal: 0,
    isPlain: false,
    hasChildren: true,
    abandoned: [],
    ...more,
  };
}

/** An event for a run. */
export function eventFor(runId: string, key: string): Message {
  return {
    runId,
    key,
    kind: 'event',
    body: { id: key, source: 's', type: 't', extensions: {} },
  };
}
