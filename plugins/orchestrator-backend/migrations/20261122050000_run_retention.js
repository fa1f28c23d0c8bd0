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

// @ts-check

/**
 * What deleting old runs needs: to find those that ended long ago, and statistics that go on counting them while lists do not.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  // Partial, since only runs that have ended for good are ever deleted.
  await knex.raw(
    "create index orchestrator_runs_ended on orchestrator_runs (engine_id, ended_at, id) where state in ('COMPLETED', 'ABORTED')",
  );
  await knex.schema.alterTable('orchestrator_run_totals', table => {
    table
      .bigInteger('retired')
      .notNullable()
      .defaultTo(0)
      .comment('How many of the runs were deleted for their age');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.alterTable('orchestrator_run_totals', table => {
    table.dropColumn('retired');
  });
  await knex.raw('drop index orchestrator_runs_ended');
};
