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

const DAY = 24 * 60 * 60 * 1_000;
/** The runs are spread over as many days up to now. */
const DAYS = 90;
/** Those who started the runs that the owner did not. */
const OTHERS = 50;

/** Which runs to make. */
export interface SeedOptions {
  /** How many runs there are in all. */
  readonly runs: number;
  /** The ref of whom a share of the runs belongs to. */
  readonly owner: string;
  /** How many of the runs are the owner's. */
  readonly owned: number;
  /** The runs are spread over the workflows `<prefix>0`, `<prefix>1` and so on. */
  readonly workflowPrefix: string;
  readonly workflows: number;
  /** Default `embedded`. */
  readonly engineId?: string;
  /** With ids, keys and hashes as long and as random as real ones; on PostgreSQL only. Default: false. */
  readonly asKept?: boolean;
}

/** The statement that makes the runs, in SQL that SQLite and PostgreSQL share. */
const INSERT_RUNS = `
  with recursive numbers (i) as (
    select cast(0 as bigint)
    union all
    select i + 1 from numbers where i + 1 < :runs
  ), runs as (
    select
      i,
      (i * 7919) % :workflows as workflow,
      case
        when ((i + 1) * :owned) / :runs > (i * :owned) / :runs then :owner
        else 'user:default/person-' || ((i * 104729) % ${OTHERS})
      end as initiator,
      case (i * 31) % 20
        when 0 then 'ERROR'
        when 1 then 'ABORTED'
        when 2 then 'ACTIVE'
        else 'COMPLETED'
      end as state,
      :first + i * :step as started_at,
      1000 + (i * 37) % 60000 as duration
    from numbers
  )
  insert into orchestrator_runs (
    id, engine_id, workflow_id, version, name, workspace, initiator, owner,
    target_entity, state, started_at, ended_at, duration, revision,
    idempotency_key, input_hash
  )
  select
    :id,
    :engine,
    :prefix || workflow,
    '1.0',
    'Workflow ' || workflow,
    'default',
    initiator,
    initiator,
    'component:default/service-' || ((i * 13) % 500),
    state,
    started_at,
    case when state = 'ACTIVE' then null else started_at + duration end,
    case when state = 'ACTIVE' then null else duration end,
    1,
    :key,
    :hash
  from runs`;

/** The parts of the statement that decide how large a row is. */
const PLAIN = {
  id: "'seed-' || (1000000000 + i)",
  key: 'null',
  hash: 'null',
};
const AS_KEPT = {
  id: 'cast(gen_random_uuid() as text)',
  key: 'cast(gen_random_uuid() as text)',
  hash: "encode(sha256(cast(cast(i as text) as bytea)), 'hex')",
};

/** The statistics of all runs, for those who started them, whose they all are, and for everybody. */
const INSERT_STATISTICS = ['owner', "''"].flatMap(subject => {
  const key = `workflow_id, workspace, ${subject}`;
  const groups = subject === "''" ? 'workflow_id, workspace' : key;
  return [
    `insert into orchestrator_run_totals (workflow_id, workspace, subject, state, runs, duration)
     select ${key}, state, count(*), sum(coalesce(duration, 0))
     from orchestrator_runs where started_at is not null group by ${groups}, state`,
    `insert into orchestrator_run_days (workflow_id, workspace, subject, day, runs)
     select ${key}, cast(started_at / ${DAY} as integer), count(*)
     from orchestrator_runs where started_at is not null group by ${groups}, cast(started_at / ${DAY} as integer)`,
    `insert into orchestrator_last_runs (workflow_id, workspace, subject, run_id, started_at, state)
     select workflow_id, workspace, whose, id, started_at, state from (
       select runs.*, ${subject} as whose, row_number() over (
         partition by ${groups} order by started_at desc, id desc
       ) as place
       from orchestrator_runs as runs where started_at is not null
     ) as newest where place = 1`,
    `insert into orchestrator_run_targets (target_entity, workflow_id, workspace, subject)
     select distinct target_entity, ${key}
     from orchestrator_runs where started_at is not null and target_entity is not null`,
  ];
});

/**
 * Replaces what the instance index has by generated runs, with the statistics that belong to them. The tables must be there.
 * The same options give the same runs, but for their times, which end now.
 */
export async function seedInstances(
  knex: Knex,
  options: SeedOptions,
): Promise<void> {
  const step = Math.max(1, Math.floor((DAYS * DAY) / options.runs));
  await knex.transaction(async trx => {
    for (const table of [
      'orchestrator_runs',
      'orchestrator_run_totals',
      'orchestrator_run_days',
      'orchestrator_last_runs',
      'orchestrator_run_targets',
    ]) {
      await trx(table).delete();
    }
    // Numbers stand in the text: PostgreSQL would take a bound number for a text.
    const parts: Record<string, string | number> = {
      ...(options.asKept ? AS_KEPT : PLAIN),
      runs: options.runs,
      workflows: options.workflows,
      owned: options.owned,
      first: Date.now() - options.runs * step,
      step,
    };
    const text = INSERT_RUNS.replace(/:(\w+)/g, (whole, name) =>
      name in parts ? String(parts[name]) : whole,
    );
    await trx.raw(text, {
      owner: options.owner,
      engine: options.engineId ?? 'embedded',
      prefix: options.workflowPrefix,
    });
    for (const statement of INSERT_STATISTICS) await trx.raw(statement);
  });
  // As autovacuum and the planner's own upkeep would after a while.
  await knex.raw(
    knex.client.config.client === 'pg' ? 'analyze' : 'pragma optimize',
  );
}
