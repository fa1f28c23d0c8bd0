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

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('embedded_owners', table => {
    table.comment(
      'The processes that run workflows, and until when each may be taken for alive',
    );
    table
      .string('id', 64)
      .primary()
      .comment('Made anew at each start of a process');
    table
      .string('place', 255)
      .comment('Where the process runs, if that tells whether it still does');
    table
      .bigInteger('lease_until')
      .notNullable()
      .comment('Milliseconds since the epoch, by the clock of the database');
  });

  await knex.schema.createTable('embedded_sources', table => {
    table.comment('Texts of definitions, kept as long as a run needs them');
    table
      .string('hash', 64)
      .primary()
      .comment('SHA-256 of format, default workspace and text');
    table.string('format', 8).notNullable().comment('yaml or json');
    table
      .string('default_workspace', 255)
      .notNullable()
      .comment('The workspace, where the text names none');
    table.text('source').notNullable().comment('The text as it was given');
  });

  await knex.schema.createTable('embedded_definitions', table => {
    table.comment('Definitions that were registered over HTTP');
    table.string('id', 255).primary().comment('The id of the workflow');
    table
      .string('hash', 64)
      .notNullable()
      .comment('Its text, in embedded_sources');
    table
      .string('workspace', 255)
      .notNullable()
      .comment('Where it belongs, also while its text is refused');
    table.string('name', 255).notNullable().comment('The name of the workflow');
    table
      .string('version', 255)
      .notNullable()
      .comment('The version of the definition');
  });

  await knex.schema.createTable('embedded_runs', table => {
    table.comment('One row for each run: all that is needed to take it on');
    table.string('id', 255).primary().comment('The id of the run');
    table
      .string('definition_id', 255)
      .notNullable()
      .comment('The id of the workflow');
    table
      .string('definition_hash', 64)
      .notNullable()
      .comment('The text it runs by, in embedded_sources');
    table
      .string('version', 255)
      .notNullable()
      .comment('The version of the definition');
    table
      .string('status', 16)
      .notNullable()
      .comment('ACTIVE, ERROR, COMPLETED or ABORTED');
    table
      .bigInteger('rev')
      .notNullable()
      .comment(
        'Grows with each change; a writer that knows an older one changes nothing',
      );
    table
      .string('owner', 64)
      .comment('The process that takes it on; none while it only waits');
    table
      .bigInteger('wake_at')
      .comment('When it is to be taken on, in milliseconds since the epoch');
    table
      .bigInteger('started_at')
      .notNullable()
      .comment('Milliseconds since the epoch');
    table
      .bigInteger('ended_at')
      .comment('Milliseconds since the epoch; also that of the error');
    table.text('state').notNullable().comment('JSON: frames, counters, error');
    table.text('data').notNullable().comment('JSON: the workflow data');
    table.text('input').notNullable().comment('JSON: what it was started with');
    table.text('provenance').comment('JSON: who and what started it');
    table.index(['owner'], 'embedded_runs_owner_idx');
    table.index(['wake_at'], 'embedded_runs_wake_at_idx');
    table.index(['definition_hash'], 'embedded_runs_definition_hash_idx');
  });

  await knex.schema.createTable('embedded_nodes', table => {
    table.comment('The nodes that runs have entered');
    table.string('run_id', 255).notNullable().comment('The run');
    table.integer('seq').notNullable().comment('Counts the nodes of the run');
    table
      .string('name', 512)
      .notNullable()
      .comment('The name of the state or action');
    table
      .string('type', 32)
      .notNullable()
      .comment('The type of the state, or action');
    table
      .string('definition_id', 1024)
      .notNullable()
      .comment('Where it stands in the definition');
    table
      .bigInteger('entered_at')
      .notNullable()
      .comment('Milliseconds since the epoch');
    table
      .bigInteger('left_at')
      .comment('Milliseconds since the epoch; none while it is active');
    table.text('error').comment('What went wrong');
    table.primary(['run_id', 'seq']);
  });

  await knex.schema.createTable('embedded_journal', table => {
    table.comment(
      'The results of calls that are recorded, and so are not made again',
    );
    table.string('run_id', 255).notNullable().comment('The run');
    table
      .string('call_key', 64)
      .notNullable()
      .comment('The call in its run; the end of its idempotency key');
    table
      .bigInteger('recorded_at')
      .notNullable()
      .comment('Milliseconds since the epoch');
    table
      .string('outcome', 32)
      .notNullable()
      .comment('ok, or the kind of the failure');
    table.integer('http_status').comment('The status of an answer of failure');
    table.primary(['run_id', 'call_key']);
  });

  await knex.schema.createTable('embedded_logs', table => {
    table.comment('The last lines of the logs of runs');
    table.string('run_id', 255).notNullable().comment('The run');
    table.integer('seq').notNullable().comment('Counts the lines of the run');
    table
      .string('line_id', 32)
      .notNullable()
      .comment('Nanoseconds since the epoch');
    table.text('line').notNullable().comment('The text');
    table.primary(['run_id', 'seq']);
  });

  await knex.schema.createTable('embedded_outbox', table => {
    table.comment('Changes of runs that the index has not confirmed');
    table.bigIncrements('seq').comment('Names the change in a receipt');
    table.string('run_id', 255).notNullable().comment('The run');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  for (const name of [
    'embedded_outbox',
    'embedded_logs',
    'embedded_journal',
    'embedded_nodes',
    'embedded_runs',
    'embedded_definitions',
    'embedded_sources',
    'embedded_owners',
  ]) {
    await knex.schema.dropTable(name);
  }
};
