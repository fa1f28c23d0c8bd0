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
import type { DefinitionHead } from '../language/definitionHead';
import { databaseTime } from './database';

/** A text of a definition, and the workspace that it belongs to where it names none: both decide what its runs may do. */
export interface KeptDefinition extends DefinitionSource {
  readonly defaultWorkspace: string;
  /** The texts of files and documents that it refers to, by reference, as they were when it was loaded. */
  readonly resources?: { readonly [reference: string]: string };
}

/** A definition that was registered. */
export interface RegisteredRow extends DefinitionHead {
  readonly id: string;
  /** Its text. */
  readonly hash: string;
}

/** What names the text of a definition. */
export function hashOf({
  defaultWorkspace,
  format,
  resources,
  source,
}: KeptDefinition): string {
  const hash = createHash('sha256')
    .update(`${JSON.stringify([format, defaultWorkspace])}\n`)
    .update(source);
  if (resources !== undefined) {
    const texts = Object.entries(resources).sort(([a], [b]) =>
      a < b ? -1 : 1,
    );
    // No text of a definition holds a NUL, so that none can look like one with resources.
    hash.update(`\0${JSON.stringify(texts)}`);
  }
  return hash.digest('hex');
}

const COLUMNS = ['id', 'hash', 'workspace', 'name', 'version'];

/** Texts of definitions, and which of them are registered. */
export class DefinitionStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Keeps a text for the runs that need it. */
  async keep(definition: KeptDefinition): Promise<string> {
    const { defaultWorkspace, format, resources, source } = definition;
    const hash = hashOf(definition);
    await this.#knex('embedded_sources')
      .insert({
        hash,
        format,
        source,
        default_workspace: defaultWorkspace,
        resources: resources === undefined ? null : JSON.stringify(resources),
        kept_at: databaseTime(this.#knex),
      })
      .onConflict('hash')
      .merge(['kept_at']);
    return hash;
  }

  /** Texts by their hashes. */
  async sources(
    hashes: readonly string[],
  ): Promise<Map<string, KeptDefinition>> {
    const rows: {
      hash: string;
      format: 'yaml' | 'json';
      source: string;
      default_workspace: string;
      resources: string | null;
    }[] = await this.#knex('embedded_sources')
      .whereIn('hash', [...hashes])
      .select('hash', 'format', 'source', 'default_workspace', 'resources');
    return new Map(
      rows.map(row => [
        row.hash,
        {
          source: row.source,
          format: row.format,
          defaultWorkspace: row.default_workspace,
          resources:
            row.resources === null ? undefined : JSON.parse(row.resources),
        },
      ]),
    );
  }

  /** All registered definitions. */
  async registered(): Promise<RegisteredRow[]> {
    return this.#knex('embedded_definitions').select<RegisteredRow[]>(COLUMNS);
  }

  /** A registered definition. */
  async find(id: string): Promise<RegisteredRow | undefined> {
    return this.#knex('embedded_definitions')
      .where({ id })
      .first<RegisteredRow | undefined>(COLUMNS);
  }

  /** Registers a definition; false where its id is taken. */
  async create(
    id: string,
    head: DefinitionHead,
    definition: KeptDefinition,
  ): Promise<boolean> {
    const inserted = await this.#knex('embedded_definitions')
      .insert({ id, ...(await this.#row(head, definition)) })
      .onConflict('id')
      .ignore()
      .returning('id');
    return inserted.length > 0;
  }

  /** Replaces a definition; false where there is none. */
  async replace(
    id: string,
    head: DefinitionHead,
    definition: KeptDefinition,
  ): Promise<boolean> {
    return (
      (await this.#knex('embedded_definitions')
        .where({ id })
        .update(await this.#row(head, definition))) > 0
    );
  }

  async #row(
    { name, version, workspace }: DefinitionHead,
    definition: KeptDefinition,
  ): Promise<Omit<RegisteredRow, 'id'>> {
    return { hash: await this.keep(definition), name, version, workspace };
  }

  /** Deletes a definition; false where there is none. */
  async delete(id: string): Promise<boolean> {
    return (
      (await this.#knex('embedded_definitions').where({ id }).delete()) > 0
    );
  }
}
