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

import type { RunState } from '@flowgate/backstage-plugin-orchestrator-node';
import type { RunCriteria } from '../grants/criteria';
import type { IndexDatabase } from './IndexDatabase';
import { every, oneOf, sql, type SqlPart } from './SqlPart';
import { whereStatistics } from './whereCriteria';

/** What is known of the runs of one workflow, without looking at runs. */
export interface WorkflowStatistics {
  readonly runs: ReadonlyMap<RunState, number>;
  /** The sum of durations in milliseconds. */
  readonly duration: number;
  /** Runs that started on or after the day that was asked for. */
  readonly recentRuns: number;
  readonly last?: {
    readonly id: string;
    readonly start: number;
    readonly state: RunState;
  };
}

interface MutableStatistics {
  runs: Map<RunState, number>;
  duration: number;
  recentRuns: number;
  last?: { id: string; start: number; state: RunState };
}

/** Statistics, read from what `tally` keeps. */
export class StatisticsStore {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /**
   * The statistics of workflows over the runs that a caller may see.
   *
   * @param workflowIds - absent for all
   * @param sinceDay - of `recentRuns`; days since the epoch
   */
  async ofWorkflows(
    criteria: RunCriteria,
    workflowIds: readonly string[] | undefined,
    sinceDay: number,
  ): Promise<Map<string, WorkflowStatistics>> {
    const where = every([
      ...(workflowIds ? [oneOf('workflow_id', workflowIds)] : []),
      whereStatistics(criteria),
    ]);
    const found = new Map<string, MutableStatistics>();
    const of = (row: Record<string, unknown>) => {
      const id = String(row.workflow_id);
      let statistics = found.get(id);
      if (!statistics) {
        statistics = { runs: new Map(), duration: 0, recentRuns: 0 };
        found.set(id, statistics);
      }
      return statistics;
    };
    const totals = await this.#rows(
      `select workflow_id, state, sum(runs) as runs, sum(duration) as duration from orchestrator_run_totals where ${where.sql} group by workflow_id, state`,
      where,
    );
    for (const row of totals) {
      const statistics = of(row);
      statistics.runs.set(row.state as RunState, Number(row.runs));
      statistics.duration += Number(row.duration);
    }
    const recent = every([where, sql('day >= ?', sinceDay)]);
    const days = await this.#rows(
      `select workflow_id, sum(runs) as runs from orchestrator_run_days where ${recent.sql} group by workflow_id`,
      recent,
    );
    for (const row of days) of(row).recentRuns = Number(row.runs);

    const lasts = await this.#rows(
      `select workflow_id, run_id, started_at, state from orchestrator_last_runs where ${where.sql}`,
      where,
    );
    for (const row of lasts) {
      const statistics = of(row);
      const last = {
        id: String(row.run_id),
        start: Number(row.started_at),
        state: row.state as RunState,
      };
      const known = statistics.last;
      if (
        !known ||
        last.start > known.start ||
        (last.start === known.start && last.id > known.id)
      ) {
        statistics.last = last;
      }
    }
    return found;
  }

  /** How many runs are in the lists, for a filter that asks for nothing but workflow, workspace and state. */
  async count(criteria: RunCriteria, filter: SqlPart): Promise<number> {
    const where = every([whereStatistics(criteria), filter]);
    const [row] = await this.#rows(
      `select sum(runs - retired) as runs from orchestrator_run_totals where ${where.sql}`,
      where,
    );
    return Number(row?.runs ?? 0);
  }

  /** The workflows that were run on an entity, as far as the caller may see those runs. */
  async workflowsOnEntity(
    criteria: RunCriteria,
    targetEntity: string,
    limit: number,
  ): Promise<string[]> {
    const where = every([
      sql('target_entity = ?', targetEntity),
      whereStatistics(criteria),
    ]);
    const rows = await this.#rows(
      `select distinct workflow_id from orchestrator_run_targets where ${where.sql} order by workflow_id limit ${limit}`,
      where,
    );
    return rows.map(row => String(row.workflow_id));
  }

  /** The groups that own runs. */
  async groupsWithRuns(): Promise<Set<string>> {
    // Each database finds a beginning in its index in its own way.
    const isGroup = sql(
      this.#database.isPostgres
        ? "subject like 'group:%'"
        : "subject glob 'group:*'",
    );
    const rows = await this.#rows(
      `select distinct subject from orchestrator_run_totals where ${isGroup.sql}`,
      isGroup,
    );
    return new Set(rows.map(row => String(row.subject)));
  }

  async #rows(text: string, part: SqlPart): Promise<Record<string, unknown>[]> {
    const answer = await this.#database.run(knex =>
      knex.raw(text, [...part.bindings]),
    );
    return this.#database.isPostgres ? answer.rows : answer;
  }
}
