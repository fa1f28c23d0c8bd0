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

/** The users whom the personal tokens belong to. */
const OWNERS = 50_000;

/** In SQL that SQLite and PostgreSQL share. Every eleventh token is revoked, every thirteenth has expired. */
const TOKENS = `
  with recursive numbers (i) as (
    select cast(0 as bigint)
    union all
    select i + 1 from numbers where i + 1 < :tokens
  ), tokens as (
    select
      i,
      'seed' || (10000000 + i) as id,
      'Token ' || i as name,
      case when i % 2 = 0 then 'service' else 'personal' end as kind,
      case
        when i % 2 = 0 then null
        else 'user:default/person-' || ((i * 7919) % ${OWNERS})
      end as owner,
      :now - ${30 * DAY} + i as created_at,
      case
        when i % 13 = 0 then :now - ${DAY}
        else :now + ${60 * DAY} + i
      end as expires_at,
      case when i % 11 = 0 then :now - ${2 * DAY} + i else null end
        as revoked_at
    from numbers
  )`;

const STATEMENTS = [
  `${TOKENS}
   insert into orchestrator_tokens (
     id, kind, name, description, owner, created_by, created_at, version, hint,
     expires_at, revoked_at, revoked_by, use_count
   )
   select
     id, kind, name, '', owner, coalesce(owner, 'user:default/admin'),
     created_at, 1, 'orch_svc_…seed', expires_at, revoked_at,
     case when revoked_at is null then null else 'user:default/admin' end, 0
   from tokens`,
  // Nobody knows a text with such a hash.
  `${TOKENS}
   insert into orchestrator_token_secrets (
     token_id, version, hash, grants, created_at, expires_at
   )
   select
     id, 1, '${'0'.repeat(56)}' || (10000000 + i),
     '[{"scopes":["workflows:read"]}]', created_at, expires_at
   from tokens`,
  `${TOKENS}
   insert into orchestrator_token_names (owner, name, token_id)
   select coalesce(owner, ''), name, id from tokens where revoked_at is null`,
];

/** Stores managed tokens that nobody can use. The tables must be there, and without tokens. */
export async function seedTokens(knex: Knex, tokens: number): Promise<void> {
  if (tokens === 0) return;
  const now = Date.now();
  await knex.transaction(async trx => {
    for (const statement of STATEMENTS) {
      // Numbers stand in the text: PostgreSQL would take a bound number for a text.
      await trx.raw(
        statement
          .replaceAll(':tokens', String(Math.trunc(tokens)))
          .replaceAll(':now', String(now)),
      );
    }
  });
  // As autovacuum and the planner's own upkeep would after a while.
  await knex.raw(
    knex.client.config.client === 'pg' ? 'analyze' : 'pragma optimize',
  );
}
