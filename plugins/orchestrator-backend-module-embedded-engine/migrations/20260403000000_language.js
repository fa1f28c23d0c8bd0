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
  await knex.schema.alterTable('embedded_runs', table => {
    table
      .bigInteger('mail')
      .notNullable()
      .defaultTo(0)
      .comment('Grows with each message that is put into its inbox');
    table
      .bigInteger('mail_seen')
      .notNullable()
      .defaultTo(0)
      .comment('How far whoever took it on has read its inbox');
    table
      .string('parent_id', 255)
      .comment('The run that waits for this one, or has started it');
    table
      .string('parent_key', 64)
      .comment('The call of the parent that it is the result of');
    table
      .string('on_parent_end', 16)
      .comment(
        'terminate or continue: what becomes of it when its parent ends',
      );
    table
      .string('root_id', 255)
      .comment('The first of its ancestors, whose tokens it may use');
    table
      .integer('depth')
      .notNullable()
      .defaultTo(0)
      .comment(
        'How many runs stand above it: sub-flows and runs by events of runs',
      );
    table
      .integer('journal')
      .notNullable()
      .defaultTo(0)
      .comment('How much was recorded of it since it was taken on by hand');
    table
      .string('origin_id', 255)
      .comment(
        'The run that led to it, by sub-flows and events; none for one that was asked for',
      );
    table.index(['parent_id'], 'embedded_runs_parent_id_idx');
    table.index(['origin_id'], 'embedded_runs_origin_id_idx');
    table.index(['status', 'ended_at'], 'embedded_runs_status_ended_at_idx');
  });

  await knex.schema.createTable('embedded_inbox', table => {
    table.comment('Messages to runs: events, and what became of sub-flows');
    table.bigIncrements('seq').comment('In this order they are taken');
    table.string('run_id', 255).notNullable().comment('The run');
    table
      .string('message_key', 64)
      .notNullable()
      .comment('Names the message: one of the same name counts once');
    table.string('kind', 16).notNullable().comment('event or child');
    table
      .string('event_name', 255)
      .comment('The declaration that a signal names');
    table
      .text('head')
      .comment(
        'JSON: a long body without what is long in it; none where it is short, or was taken',
      );
    table
      .text('body')
      .comment('JSON: the event or the outcome; none once it was taken');
    table
      .bigInteger('received_at')
      .notNullable()
      .comment('Milliseconds since the epoch');
    table
      .bigInteger('taken_at')
      .comment('Milliseconds since the epoch; none while it waits');
    table.unique(['run_id', 'message_key'], {
      indexName: 'embedded_inbox_message_uq',
    });
    table.index(['run_id', 'taken_at', 'seq'], 'embedded_inbox_waiting_idx');
  });

  await knex.schema.createTable('embedded_correlations', table => {
    table.comment('By which attributes of events runs can be found');
    table.string('run_id', 255).notNullable().comment('The run');
    table
      .integer('declaration')
      .notNullable()
      .comment('Which of the events of its definition; numbers them');
    table
      .string('token', 64)
      .notNullable()
      .comment('SHA-256 of the type of an event, an attribute and its value');
    table
      .integer('needed')
      .notNullable()
      .comment('How many tokens of the declaration an event must have');
    table
      .string('workspace', 255)
      .notNullable()
      .comment('Where the run belongs');
    table.primary(['run_id', 'declaration', 'token']);
    table.index(['token'], 'embedded_correlations_token_idx');
  });

  await knex.schema.createTable('embedded_produced', table => {
    table.comment('Events that runs have produced and that are to be sent');
    table.bigIncrements('seq').comment('In this order they are sent');
    table.string('run_id', 255).notNullable().comment('The run');
    table
      .string('workspace', 255)
      .comment('Where it comes from; workspaces take turns');
    table
      .text('event')
      .notNullable()
      .comment('JSON: the event, with the workspace that it comes from');
    table
      .boolean('delivered')
      .notNullable()
      .defaultTo(false)
      .comment('Whether workflows of the engine have had it');
    table
      .integer('attempts')
      .notNullable()
      .defaultTo(0)
      .comment('How often the sink was asked to take it');
    table
      .bigInteger('due_at')
      .notNullable()
      .defaultTo(0)
      .comment('When it is to be sent, in milliseconds since the epoch');
    table.index(['run_id', 'delivered', 'seq'], 'embedded_produced_run_idx');
    table.index(['delivered', 'due_at', 'seq'], 'embedded_produced_due_idx');
  });

  await knex.schema.createTable('embedded_leases', table => {
    table.comment('Work that one process does at a time');
    table.string('name', 64).primary().comment('The work');
    table
      .string('holder', 64)
      .notNullable()
      .comment('The process that does it');
    table
      .bigInteger('lease_until')
      .notNullable()
      .comment('Milliseconds since the epoch, by the clock of the database');
  });

  await knex.schema.createTable('embedded_history', table => {
    table.comment('What happened in runs, one row for each stored change');
    table.string('run_id', 255).notNullable().comment('The run');
    table
      .integer('first')
      .notNullable()
      .comment('The number of the first event of the row');
    table
      .integer('count')
      .notNullable()
      .comment('How many events the row holds');
    table
      .bigInteger('stored_at')
      .notNullable()
      .comment('Milliseconds since the epoch');
    table.text('events').notNullable().comment('JSON: a list of events');
    table.primary(['run_id', 'first']);
  });

  await knex.schema.createTable('embedded_tokens', table => {
    table.comment(
      'Tokens that were given along with runs, encrypted, until their runs end',
    );
    table
      .string('run_id', 255)
      .notNullable()
      .comment('The run that was started with it');
    table.string('provider', 255).notNullable().comment('Whose token it is');
    table.text('token').notNullable().comment('Encrypted with secretKey');
    table.primary(['run_id', 'provider']);
  });

  await knex.schema.alterTable('embedded_sources', table => {
    table
      .text('resources')
      .comment('JSON: the texts of the files that it refers to, by reference');
    table
      .bigInteger('kept_at')
      .notNullable()
      .defaultTo(0)
      .comment(
        'When a run last asked for it, in milliseconds since the epoch by the clock of the database',
      );
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('embedded_sources', table => {
    table.dropColumns('resources', 'kept_at');
  });
  for (const name of [
    'embedded_tokens',
    'embedded_history',
    'embedded_leases',
    'embedded_produced',
    'embedded_correlations',
    'embedded_inbox',
  ]) {
    await knex.schema.dropTable(name);
  }
  await knex.schema.alterTable('embedded_runs', table => {
    table.dropIndex([], 'embedded_runs_status_ended_at_idx');
    table.dropIndex([], 'embedded_runs_parent_id_idx');
    table.dropIndex([], 'embedded_runs_origin_id_idx');
  });
  await knex.schema.alterTable('embedded_runs', table => {
    table.dropColumns(
      'mail',
      'mail_seen',
      'parent_id',
      'parent_key',
      'on_parent_end',
      'root_id',
      'origin_id',
      'depth',
      'journal',
    );
  });
};
