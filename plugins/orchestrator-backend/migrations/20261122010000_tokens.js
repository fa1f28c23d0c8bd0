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
 * Managed tokens, their secrets, and what makes every replica forget them. Times are milliseconds since the epoch.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('orchestrator_tokens', table => {
    table.comment('One row per managed token; its secrets are beside it');
    table
      .string('id', 12)
      .primary()
      .comment('The id, which is part of the text of every secret');
    table
      .string('kind', 16)
      .notNullable()
      .comment('service, personal, group, trigger or agent');
    table.string('name', 100).notNullable().comment('The name, for people');
    table.text('description').notNullable().comment('What it is for');
    table
      .text('owner')
      .comment('The ref of whose token it is; absent for service tokens');
    table.text('created_by').notNullable().comment('The ref of who minted it');
    table.bigInteger('created_at').notNullable().comment('When it was minted');
    table
      .string('workflow_id', 255)
      .comment('Of trigger tokens: the workflow that they start');
    table
      .text('allowed_cidrs')
      .comment('JSON list of the networks that may use it; absent for all');
    table
      .integer('version')
      .notNullable()
      .comment('The number of the newest secret');
    table
      .string('hint', 20)
      .notNullable()
      .comment('What the newest secret is shown as');
    table
      .bigInteger('expires_at')
      .notNullable()
      .comment('When the newest secret ends');
    table
      .bigInteger('rotated_at')
      .comment('When the newest secret was made, if it is not the first');
    table.bigInteger('revoked_at').comment('When it was revoked');
    table.text('revoked_by').comment('The ref of who revoked it');
    table.text('revocation_reason').comment('Why it was revoked');
    table.bigInteger('last_used_at').comment('When it was last seen in use');
    table
      .text('last_used_from')
      .comment('The address that it was last used from');
    table
      .bigInteger('use_count')
      .notNullable()
      .defaultTo(0)
      .comment('How often it was used');

    table.index(['created_at', 'id'], 'orchestrator_tokens_created');
    table.index(['owner', 'created_at', 'id'], 'orchestrator_tokens_owner');
    table.index(['kind', 'created_at', 'id'], 'orchestrator_tokens_kind');
  });
  if (knex.client.config.client === 'pg') {
    // Uses are stamped again and again, and many tokens are revoked at once: no column of that is in an index, and with room on
    // its page a changed row costs the indexes nothing.
    await knex.raw('alter table orchestrator_tokens set (fillfactor = 50)');
  }

  await knex.schema.createTable('orchestrator_token_secrets', table => {
    table.comment(
      'The secrets of managed tokens: what each may do, and its hash',
    );
    table.string('token_id', 12).notNullable().comment('The token');
    table
      .integer('version')
      .notNullable()
      .comment('The number of the secret, from 1');
    table
      .string('hash', 64)
      .notNullable()
      .comment('SHA-256 in hex over the whole text of the token');
    table
      .text('grants')
      .notNullable()
      .comment('JSON list of {scopes, workspaces}: the triples that it spans');
    table
      .text('decisions')
      .comment(
        'JSON: what the permission policy decided for the minter; absent where it could not be asked',
      );
    table.bigInteger('created_at').notNullable().comment('When it was made');
    table.bigInteger('expires_at').notNullable().comment('When it ends');
    table.primary(['token_id', 'version']);
  });

  await knex.schema.createTable('orchestrator_token_names', table => {
    table.comment(
      'Which token has a name: at most one live token of each owner',
    );
    table
      .text('owner')
      .notNullable()
      .comment('The owner; empty for service tokens');
    table.string('name', 100).notNullable().comment('The name');
    table.string('token_id', 12).notNullable().comment('The token that has it');
    table.primary(['owner', 'name']);
    table.index(['token_id'], 'orchestrator_token_names_token');
  });

  await knex.schema.createTable('orchestrator_owner_snapshots', table => {
    table.comment(
      'What owners of tokens were and might do when they were last seen',
    );
    table.text('owner').primary().comment('The ref of the user');
    table
      .text('refs')
      .notNullable()
      .comment('JSON list of the refs through which the user owns things');
    table
      .text('decisions')
      .notNullable()
      .comment(
        'JSON: what the permission policy decides for the user, by permission',
      );
    table
      .bigInteger('taken_at')
      .notNullable()
      .comment('When the user was seen');
  });

  await knex.schema.createTable('orchestrator_token_changes', table => {
    table.comment('What replicas must forget, in the order of the commits');
    table.bigInteger('seq').primary().comment('The place in the order');
    table
      .text('subject')
      .notNullable()
      .comment('token:<id>, owner:<ref>, or * for everything');
    table.bigInteger('changed_at').notNullable().comment('When it changed');
  });
  await knex.schema.createTable('orchestrator_token_feed', table => {
    table.comment(
      'The last place that was given in the order of changes; one row, whose lock puts them in order',
    );
    table.integer('id').primary().comment('Always 1');
    table.bigInteger('seq').notNullable().comment('The last place');
  });
  await knex('orchestrator_token_feed').insert({ id: 1, seq: 0 });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.dropTable('orchestrator_token_feed');
  await knex.schema.dropTable('orchestrator_token_changes');
  await knex.schema.dropTable('orchestrator_owner_snapshots');
  await knex.schema.dropTable('orchestrator_token_names');
  await knex.schema.dropTable('orchestrator_token_secrets');
  await knex.schema.dropTable('orchestrator_tokens');
};
