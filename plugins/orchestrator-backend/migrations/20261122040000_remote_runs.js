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
 * Runs of engines that make ids themselves: starts whose answer was lost and that are given up, runs that the engine has lost,
 * runs that other runs started, and the lease of the replica that follows an engine. Times are milliseconds since the epoch.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('orchestrator_runs', table => {
    table
      .bigInteger('abandoned_at')
      .comment(
        'When a start without an answer was given up; the run still gets its owner where it turns up later',
      );
    table
      .bigInteger('lost_at')
      .comment('When it was seen that the engine will not go on with the run');
    table
      .string('lost_as', 16)
      .comment('gone: the engine does not have it; stuck: it cannot go on');
    table
      .text('adopted')
      .comment('true where the initiator was taken from the data of the run');
  });
  await knex.raw('drop index orchestrator_runs_reserved');
  // Partial, since nearly no run is in one of them.
  await knex.raw(
    'create index orchestrator_runs_reserved on orchestrator_runs (reserved_at, id) where reserved_at is not null and abandoned_at is null',
  );
  await knex.raw(
    'create index orchestrator_runs_abandoned on orchestrator_runs (abandoned_at) where abandoned_at is not null',
  );
  await knex.raw(
    'create index orchestrator_runs_parent on orchestrator_runs (parent_id) where parent_id is not null',
  );
  await knex.raw(
    'create index orchestrator_runs_lost on orchestrator_runs (engine_id, workflow_id) where lost_at is not null',
  );
  // Runs of workflows that were not known when they came: in no workspace until they are.
  await knex.raw(
    "create index orchestrator_runs_unplaced on orchestrator_runs (workflow_id, started_at, id) where workspace = ''",
  );

  await knex.schema.alterTable('orchestrator_engine_cursors', table => {
    table
      .string('holder', 64)
      .comment('The replica that alone asks the engine for changes');
    table
      .bigInteger('held_until')
      .comment('Until when it does, by the clock of the database');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.alterTable('orchestrator_engine_cursors', table => {
    table.dropColumns('holder', 'held_until');
  });
  await knex.raw('drop index orchestrator_runs_unplaced');
  await knex.raw('drop index orchestrator_runs_lost');
  await knex.raw('drop index orchestrator_runs_parent');
  await knex.raw('drop index orchestrator_runs_abandoned');
  await knex.raw('drop index orchestrator_runs_reserved');
  // Older versions take every reservation for one that can still be answered.
  await knex('orchestrator_runs').whereNotNull('abandoned_at').delete();
  await knex.schema.alterTable('orchestrator_runs', table => {
    table.dropColumns('abandoned_at', 'lost_at', 'lost_as', 'adopted');
  });
  await knex.raw(
    'create index orchestrator_runs_reserved on orchestrator_runs (reserved_at) where reserved_at is not null',
  );
};
