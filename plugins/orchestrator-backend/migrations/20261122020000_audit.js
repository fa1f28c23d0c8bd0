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
 * The audit log: its rows, the ends of its chain, and checkpoints of it. Times are milliseconds since the epoch.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('orchestrator_audit', table => {
    table.comment(
      'One row per event; each sealed row holds the hash of itself and of the row before it',
    );
    table.string('id', 36).primary().comment('The id of the row');
    table
      .bigInteger('seq')
      .unique({ indexName: 'orchestrator_audit_seq' })
      .comment('The place in the chain; absent until the row is sealed');
    table
      .string('hash', 64)
      .comment(
        'SHA-256 in hex over the hash before it and every other column; absent until the row is sealed',
      );
    table.bigInteger('at').notNullable().comment('When it happened');
    table.string('event', 64).notNullable().comment('What happened');
    table
      .text('actor')
      .comment(
        'The ref of who did it: the plugin where one acted for somebody else',
      );
    table.text('on_behalf_of').comment('The ref of for whom a plugin acted');
    table.string('token_id', 255).comment('The managed token that was used');
    table.string('workflow_id', 255).comment('The workflow that it is about');
    table.string('instance_id', 255).comment('The run that it is about');
    table
      .string('outcome', 16)
      .comment('succeeded, failed or denied; absent while it is not known');
    table.string('code', 64).comment('The code of the failure or the refusal');
    table.string('address', 64).comment('The address that it came from');
    table
      .bigInteger('count')
      .comment('How often, where the row counts what happened within a minute');
    table.text('meta').comment('JSON object of what else is to be known');
    table
      .text('open_key')
      .unique({ indexName: 'orchestrator_audit_open_key' })
      .comment('What finds the row while it may still change');
    table
      .bigInteger('open_until')
      .comment(
        'Until when the row may still change; absent once it may be sealed',
      );

    table.index(['at', 'id'], 'orchestrator_audit_at');
    table.index(['actor', 'at', 'id'], 'orchestrator_audit_actor');
    table.index(['token_id', 'at', 'id'], 'orchestrator_audit_token');
    table.index(['event', 'at', 'id'], 'orchestrator_audit_event');
    table.index(['outcome', 'at', 'id'], 'orchestrator_audit_outcome');
  });
  // Partial, since nearly all rows are sealed.
  await knex.raw(
    'create index orchestrator_audit_unsealed on orchestrator_audit (at, id) where seq is null and open_until is null',
  );
  await knex.raw(
    'create index orchestrator_audit_open on orchestrator_audit (open_until) where open_until is not null',
  );

  await knex.schema.createTable('orchestrator_audit_chain', table => {
    table.comment(
      'Both ends of the chain; one row, whose lock makes one replica at a time the one that seals',
    );
    table.integer('id').primary().comment('Always 1');
    table.bigInteger('seq').notNullable().comment('The last sealed row');
    table.string('hash', 64).notNullable().comment('Its hash');
    table
      .bigInteger('anchor_seq')
      .notNullable()
      .comment('The last row that was deleted for its age; 0 for none');
    table
      .string('anchor_hash', 64)
      .notNullable()
      .comment('Its hash, from which the chain goes on');
    table
      .bigInteger('checkpoint_seq')
      .notNullable()
      .comment('The row of the last checkpoint; 0 for none');
    table
      .bigInteger('checkpoint_at')
      .notNullable()
      .comment('When the last checkpoint was made');
    table
      .string('grants_hash', 64)
      .comment('SHA-256 in hex of the grants that the config gave last');
  });
  await knex('orchestrator_audit_chain').insert({
    id: 1,
    seq: 0,
    hash: '0'.repeat(64),
    anchor_seq: 0,
    anchor_hash: '0'.repeat(64),
    checkpoint_seq: 0,
    checkpoint_at: 0,
  });

  await knex.schema.createTable('orchestrator_audit_checkpoints', table => {
    table.comment(
      'What the hash of a sealed row was; also told to the auditor of Backstage',
    );
    table.bigInteger('seq').primary().comment('The sealed row');
    table.string('hash', 64).notNullable().comment('Its hash');
    table.bigInteger('at').notNullable().comment('When it was sealed');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.dropTable('orchestrator_audit_checkpoints');
  await knex.schema.dropTable('orchestrator_audit_chain');
  await knex.schema.dropTable('orchestrator_audit');
};
