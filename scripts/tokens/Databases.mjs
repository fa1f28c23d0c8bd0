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

// The databases of a backend, and everything that stands in them.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';

/** SQLite files in a folder. */
export class SqliteFiles {
  name = 'SQLite';
  #folder;

  /** @param {string} folder it is made by the backend */
  constructor(folder) {
    this.#folder = path.join(folder, 'db');
  }

  /** The value of `backend.database`. */
  get config() {
    return {
      client: 'better-sqlite3',
      connection: { directory: this.#folder },
    };
  }

  /** @returns {Promise<{ table: string, row: Record<string, unknown> }[]>} all rows of all tables */
  async dump() {
    return fs
      .readdirSync(this.#folder)
      .filter(file => file.endsWith('.sqlite'))
      .flatMap(file => this.#open(file, database => dumpFile(file, database)));
  }

  /** Puts a text into the description of a token. */
  async plant(id, text) {
    this.#open('orchestrator.sqlite', database =>
      database
        .prepare('update orchestrator_tokens set description = ? where id = ?')
        .run(text, id),
    );
  }

  async remove() {}

  #open(file, work) {
    const database = new Database(path.join(this.#folder, file));
    try {
      return work(database);
    } finally {
      database.close();
    }
  }
}

function dumpFile(file, database) {
  return database
    .prepare("select name from sqlite_master where type = 'table'")
    .all()
    .flatMap(({ name }) =>
      database
        .prepare(`select * from "${name}"`)
        .all()
        .map(row => ({ table: `${file} ${name}`, row })),
    );
}

/** Databases of a server, with a prefix of their own. */
export class PostgresDatabases {
  name = 'PostgreSQL';
  #connection;
  #prefix = `tokens_${crypto.randomBytes(6).toString('hex')}_`;

  /** @param {string} connection the server, with the right to make databases */
  constructor(connection) {
    this.#connection = connection;
  }

  /** The value of `backend.database`. */
  get config() {
    return {
      client: 'pg',
      connection: this.#connection,
      prefix: this.#prefix,
      // A backend that is started again must not wait for what the one before has left open.
      knexConfig: { pool: { min: 0, max: 10 } },
    };
  }

  /** @returns {Promise<{ table: string, row: Record<string, unknown> }[]>} all rows of all tables */
  async dump() {
    const rows = [];
    for (const name of await this.#names()) {
      await this.#with(name, async client => {
        const tables = await client.query(
          "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
        );
        for (const table of tables.rows) {
          const found = await client.query(`select * from ${table.name}`);
          rows.push(
            ...found.rows.map(row => ({ table: `${name} ${table.name}`, row })),
          );
        }
      });
    }
    return rows;
  }

  /** Puts a text into the description of a token. */
  async plant(id, text) {
    await this.#with(`${this.#prefix}orchestrator`, client =>
      client.query(
        'update orchestrator_tokens set description = $1 where id = $2',
        [text, id],
      ),
    );
  }

  async remove() {
    const names = await this.#names();
    await this.#with('postgres', async client => {
      for (const name of names) {
        await client.query(`drop database "${name}" with (force)`);
      }
    });
  }

  async #names() {
    return this.#with('postgres', async client => {
      const { rows } = await client.query(
        'select datname from pg_database where starts_with(datname, $1)',
        [this.#prefix],
      );
      return rows.map(row => row.datname);
    });
  }

  async #with(name, work) {
    const url = new URL(this.#connection);
    url.pathname = `/${name}`;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
}
