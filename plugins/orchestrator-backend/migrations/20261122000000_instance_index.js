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
 * The instance index: one row per run, what statistics are read from, and how far each engine's changes are stored.
 * Times are milliseconds since the epoch. A subject of statistics is who owns runs, or started them for somebody else who owns
 * them; the empty subject stands for everybody.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('orchestrator_runs', table => {
    table.comment('One row per run: who owns it, and what lists show of it');
    table
      .string('id', 255)
      .primary()
      .comment('The id of the run, unique over all engines');
    table
      .string('engine_id', 255)
      .notNullable()
      .comment('The engine that runs it');
    table.string('workflow_id', 255).notNullable().comment('The workflow');
    table.text('version').comment('The version of the definition at the start');
    table
      .text('name')
      .notNullable()
      .comment('The name of the workflow at the start');
    table
      .text('workspace')
      .notNullable()
      .comment('The workspace at the start; rights on the run go by it');
    table
      .text('initiator')
      .notNullable()
      .comment('The ref of whom started the run');
    table
      .text('owner')
      .notNullable()
      .comment(
        'The ref of whose run it is: of who owns the managed token that started it, else the initiator',
      );
    table
      .text('actor')
      .comment('The plugin that started it on behalf of the initiator');
    table.text('token_id').comment('The managed token that started it');
    table.text('target_entity').comment('The entity that the run is about');
    table.string('state', 16).notNullable().comment('The state of the run');
    table
      .bigInteger('started_at')
      .comment('When it started; absent while the start is only reserved');
    table
      .bigInteger('ended_at')
      .comment('When it ended; absent while it goes on');
    table.bigInteger('duration').comment('Milliseconds from start to end');
    table.text('idempotency_key').comment('The Idempotency-Key of the start');
    table
      .string('input_hash', 64)
      .comment('SHA-256 of the body of a start with a key');
    table.string('parent_id', 255).comment('The run that started this one');
    table
      .bigInteger('revision')
      .notNullable()
      .defaultTo(0)
      .comment('The count, by the engine, of the newest change that is stored');
    table
      .bigInteger('reserved_at')
      .comment(
        'When the start was reserved; absent once the engine has confirmed it',
      );

    table.index(['started_at', 'id'], 'orchestrator_runs_started');
    table.index(['owner', 'started_at', 'id'], 'orchestrator_runs_owner');
    table.index(
      ['initiator', 'started_at', 'id'],
      'orchestrator_runs_initiator',
    );
    table.index(
      ['workflow_id', 'started_at', 'id'],
      'orchestrator_runs_workflow',
    );
    table.index(['state', 'started_at', 'id'], 'orchestrator_runs_state');
    table.index(
      ['owner', 'workflow_id', 'started_at', 'id'],
      'orchestrator_runs_owner_workflow',
    );
    table.index(
      ['owner', 'state', 'started_at', 'id'],
      'orchestrator_runs_owner_state',
    );
    table.index(
      ['target_entity', 'started_at', 'id'],
      'orchestrator_runs_target',
    );
  });
  // Partial, since most runs carry no key and nearly none is only reserved.
  await knex.raw(
    'create unique index orchestrator_runs_key on orchestrator_runs (initiator, workflow_id, idempotency_key) where idempotency_key is not null',
  );
  await knex.raw(
    'create index orchestrator_runs_reserved on orchestrator_runs (reserved_at) where reserved_at is not null',
  );

  await knex.schema.createTable('orchestrator_run_totals', table => {
    table.comment('How many runs are in each state');
    table.string('workflow_id', 255).notNullable().comment('The workflow');
    table.text('workspace').notNullable().comment('The workspace of the runs');
    table
      .text('subject')
      .notNullable()
      .comment('Whose runs; empty for everybody');
    table.string('state', 16).notNullable().comment('The state of the runs');
    table.bigInteger('runs').notNullable().comment('How many');
    table
      .bigInteger('duration')
      .notNullable()
      .comment('The sum of their durations in milliseconds');
    table.primary(['workflow_id', 'subject', 'state', 'workspace']);
  });

  // Also for the subjects of one kind, which begin alike: PostgreSQL looks for beginnings in an index of this class only.
  const operators =
    knex.client.config.client === 'pg' ? ' text_pattern_ops' : '';
  await knex.raw(
    `create index orchestrator_run_totals_subject on orchestrator_run_totals (subject${operators})`,
  );

  await knex.schema.createTable('orchestrator_run_days', table => {
    table.comment('How many runs started on each day');
    table.string('workflow_id', 255).notNullable().comment('The workflow');
    table.text('workspace').notNullable().comment('The workspace of the runs');
    table
      .text('subject')
      .notNullable()
      .comment('Whose runs; empty for everybody');
    table.integer('day').notNullable().comment('Days since the epoch, UTC');
    table.bigInteger('runs').notNullable().comment('How many');
    table.primary(['workflow_id', 'subject', 'day', 'workspace']);
    table.index(['subject', 'day'], 'orchestrator_run_days_subject');
  });

  await knex.schema.createTable('orchestrator_last_runs', table => {
    table.comment('The newest run');
    table.string('workflow_id', 255).notNullable().comment('The workflow');
    table.text('workspace').notNullable().comment('The workspace of the run');
    table
      .text('subject')
      .notNullable()
      .comment('Whose run; empty for everybody');
    table.string('run_id', 255).notNullable().comment('The run');
    table.bigInteger('started_at').notNullable().comment('When it started');
    table.string('state', 16).notNullable().comment('Its state');
    table.primary(['workflow_id', 'subject', 'workspace']);
    table.index(['subject'], 'orchestrator_last_runs_subject');
  });

  await knex.schema.createTable('orchestrator_run_targets', table => {
    table.comment('Which workflows were run on an entity');
    table.text('target_entity').notNullable().comment('The entity');
    table.string('workflow_id', 255).notNullable().comment('The workflow');
    table.text('workspace').notNullable().comment('The workspace of the runs');
    table
      .text('subject')
      .notNullable()
      .comment('Whose runs; empty for everybody');
    table.primary(['target_entity', 'workflow_id', 'workspace', 'subject']);
  });

  await knex.schema.createTable('orchestrator_workflow_ids', table => {
    table.comment('Where each workflow id was used first; it stays there');
    table.string('workflow_id', 255).primary().comment('The workflow id');
    table
      .string('engine_id', 255)
      .notNullable()
      .comment('The engine that had it first');
    table
      .text('workspace')
      .notNullable()
      .comment('The workspace that it belongs to');
  });

  await knex.schema.createTable('orchestrator_engine_cursors', table => {
    table.comment('How far the changes of each engine are stored');
    table.string('engine_id', 255).primary().comment('The engine');
    table
      .text('receipt')
      .comment('The receipt of the last batch that was stored');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.dropTable('orchestrator_engine_cursors');
  await knex.schema.dropTable('orchestrator_workflow_ids');
  await knex.schema.dropTable('orchestrator_run_targets');
  await knex.schema.dropTable('orchestrator_last_runs');
  await knex.schema.dropTable('orchestrator_run_days');
  await knex.schema.dropTable('orchestrator_run_totals');
  await knex.schema.dropTable('orchestrator_runs');
};
