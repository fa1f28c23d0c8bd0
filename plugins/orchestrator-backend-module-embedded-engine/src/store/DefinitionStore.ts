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

import type { DefinitionSource } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import { createHash } from 'node:crypto';

/** What names the text of a definition. */
export function hashOf({ source, format }: DefinitionSource): string {
  return createHash('sha256')
    .update(`${format}\n`)
    .update(source)
    .digest('hex');
}

/** Texts of definitions, and which of them are registered. */
export class DefinitionStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Keeps a text for the runs that need it. */
  async keep(definition: DefinitionSource): Promise<string> {
    const hash = hashOf(definition);
    await this.#knex('embedded_sources')
      .insert({ hash, format: definition.format, source: definition.source })
      .onConflict('hash')
      .ignore();
    return hash;
  }

  /** Texts by their hashes. */
  async sources(
    hashes: readonly string[],
  ): Promise<Map<string, DefinitionSource>> {
    const rows: { hash: string; format: 'yaml' | 'json'; source: string }[] =
      await this.#knex('embedded_sources')
        .whereIn('hash', [...hashes])
        .select('hash', 'format', 'source');
    return new Map(
      rows.map(({ hash, format, source }) => [hash, { source, format }]),
    );
  }

  /** The hashes of all registered definitions, by id. */
  async registered(): Promise<Map<string, string>> {
    const rows = await this.#knex('embedded_definitions').select<
      { id: string; hash: string }[]
    >('id', 'hash');
    return new Map(rows.map(row => [row.id, row.hash]));
  }

  async registeredHash(id: string): Promise<string | undefined> {
    const row = await this.#knex('embedded_definitions')
      .where({ id })
      .first<{ hash: string }>('hash');
    return row?.hash;
  }

  /** Registers a definition; false where its id is taken. */
  async create(id: string, definition: DefinitionSource): Promise<boolean> {
    const hash = await this.keep(definition);
    const inserted = await this.#knex('embedded_definitions')
      .insert({ id, hash })
      .onConflict('id')
      .ignore()
      .returning('id');
    return inserted.length > 0;
  }

  /** Replaces a definition; false where there is none. */
  async replace(id: string, definition: DefinitionSource): Promise<boolean> {
    const hash = await this.keep(definition);
    return (
      (await this.#knex('embedded_definitions')
        .where({ id })
        .update({ hash })) > 0
    );
  }

  /** Deletes a definition; false where there is none. */
  async delete(id: string): Promise<boolean> {
    return (
      (await this.#knex('embedded_definitions').where({ id }).delete()) > 0
    );
  }
}
