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

/** Every row of every table of a database, as one text. Of what is stored as bytes, the bytes as text. */
export async function dumpOf(knex: Knex): Promise<string> {
  const isSqlite = knex.client.config.client === 'better-sqlite3';
  const rows: { name: string }[] = isSqlite
    ? await knex('sqlite_master').where({ type: 'table' }).select('name')
    : await knex('information_schema.tables')
        .where({ table_schema: 'public' })
        .select({ name: 'table_name' });
  const dump: string[] = [];
  for (const { name } of rows) {
    for (const row of await knex(name)) {
      dump.push(
        ...Object.values(row as object).map(value =>
          Buffer.isBuffer(value) ? value.toString('latin1') : String(value),
        ),
      );
    }
  }
  return dump.join('\n');
}

/** What of a text is surely there wherever the text is part of something that is written in base64: it can begin at three offsets. */
function base64Of(text: string): string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map(offset => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
    const encoded = padded.toString('base64').replace(/=+$/, '');
    // The first and last characters are made of what stands beside it too.
    return encoded.slice(offset === 0 ? 0 : offset + 1, -2);
  });
}

/** The forms in which a secret could be written. */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(JSON.stringify(secret)).slice(3, -3),
    encodeURIComponent(secret),
    encodeURI(secret),
    new URLSearchParams({ s: secret }).toString().slice(2),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    [...secret].reverse().join(''),
    ...base64Of(secret),
    ...base64Of(secret).map(text =>
      text.replaceAll('+', '-').replaceAll('/', '_'),
    ),
  ];
}

/** The forms of secrets that a text has. */
export function leaksIn(text: string, secrets: readonly string[]): string[] {
  return secrets
    .flatMap(formsOf)
    .filter(form => text.toLowerCase().includes(form.toLowerCase()));
}
