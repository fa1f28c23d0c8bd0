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
 * What the replicas tell each other of failed credentials, so that all of them limit a caller together.
 * Times are milliseconds since the epoch.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('orchestrator_auth_failures', table => {
    table.comment(
      'Failed credentials that still count, one row per caller and replica',
    );
    table
      .string('subject', 100)
      .notNullable()
      .comment('Who failed: ip and its address, or identity and the token id');
    table
      .string('replica', 36)
      .notNullable()
      .comment('The process that counted, new after each start');
    table
      .text('times')
      .notNullable()
      .comment('JSON list of the times of the failures');
    table
      .bigInteger('ends_at')
      .notNullable()
      .comment('When the newest of them no longer counts');
    table.primary(['subject', 'replica']);
    table.index(['ends_at'], 'orchestrator_auth_failures_ended');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.dropTable('orchestrator_auth_failures');
};
