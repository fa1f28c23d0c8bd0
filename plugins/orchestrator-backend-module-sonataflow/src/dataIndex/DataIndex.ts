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

import type { LoggerService } from '@backstage/backend-plugin-api';
import type { JsonObject, JsonValue } from '@backstage/types';
import type { DataIndexCall, DataIndexClient } from './DataIndexClient';
import {
  CHANGED,
  COUNT,
  COUNT_BY_PROCESS,
  COUNTS,
  DEFINITION_SOURCE,
  DEFINITIONS,
  INSTANCES,
  NEWEST,
  PING,
  VARIABLES,
} from './documents';
import {
  isUnavailable,
  newestSource,
  readDefinition,
  readDetailedRun,
  readRun,
  readTime,
  readVariables,
} from './readRows';
import { chunksOf, filterable } from './filterValues';
import { RowReader } from './RowReader';
import type {
  DefinitionRow,
  DetailedRunRow,
  InstanceFields,
  RunRow,
} from './rows';

/** Runs with the same business keys, or of the same parents, that are taken notice of. */
const MAX_ROWS = 10_000;

/**
 * The questions that are asked of one Data Index. An empty list of ids is answered here: the Data Index takes one for no filter at
 * all, and answers with everything. Rows that cannot be are passed over.
 */
export class DataIndex {
  readonly #client: DataIndexClient;
  readonly #reader: RowReader;

  constructor(client: DataIndexClient, logger: LoggerService) {
    this.#client = client;
    this.#reader = new RowReader(client, logger);
  }

  /** The name of the Data Index, for messages. */
  get name(): string {
    return this.#client.name;
  }

  /** All versions of all workflows but those that were taken out of service. */
  async definitions(call: DataIndexCall): Promise<DefinitionRow[]> {
    const values = await this.#reader.rows(
      'ProcessDefinitions',
      DEFINITIONS,
      {},
      call,
    );
    return this.#reader.read(
      values.filter(value => !isUnavailable(value)),
      readDefinition,
    );
  }

  /**
   * The text of a workflow.
   *
   * @param version - of which version; absent for that of which the version is the highest
   */
  async definitionSource(
    id: string,
    version: string | undefined,
    call: DataIndexCall,
  ): Promise<string | undefined> {
    if (filterable([id]).length === 0) return undefined;
    const where: JsonObject = { id: { equal: id } };
    if (version !== undefined) where.version = { equal: version };
    const rows = await this.#reader.rows(
      'ProcessDefinitions',
      DEFINITION_SOURCE,
      { where },
      call,
    );
    return newestSource(rows.filter(row => readDefinition(row)?.id === id));
  }

  /** Runs by their ids, with as much of them as is asked for: one question for up to 200 ids. */
  async instances(
    ids: readonly string[],
    fields: InstanceFields,
    call: DataIndexCall,
  ): Promise<Map<string, DetailedRunRow>> {
    const asked = filterable(ids);
    const found = new Map<string, DetailedRunRow>();
    for (const chunk of chunksOf(asked)) {
      const values = await this.#reader.rows(
        'ProcessInstances',
        INSTANCES,
        {
          where: { id: { in: chunk } },
          limit: chunk.length,
          variables: fields.variables ?? false,
          nodes: Boolean(fields.nodes),
          nodeDetails: fields.nodes === true,
          details: fields.details ?? false,
        },
        call,
      );
      for (const row of this.#reader.read(values, readDetailedRun)) {
        // What was not asked for is nobody's business here, whatever the Data Index answers.
        if (chunk.includes(row.id)) found.set(row.id, row);
      }
    }
    return found;
  }

  /** All that is known of one run. */
  async instance(
    id: string,
    call: DataIndexCall,
  ): Promise<DetailedRunRow | undefined> {
    const fields = { variables: true, nodes: true, details: true };
    return (await this.instances([id], fields, call)).get(id);
  }

  /** What lists need of runs, by their ids. Those that do not exist are left out. */
  async existing(
    ids: readonly string[],
    call: DataIndexCall,
  ): Promise<Map<string, RunRow>> {
    const rows = await this.#byValues(
      filterable(ids),
      chunk => ({ id: { in: chunk } }),
      row => row.id,
      call,
    );
    return new Map(rows.map(row => [row.id, row]));
  }

  /** Runs that were started with one of the keys, the longest unchanged first. A key can have several runs. */
  async byBusinessKeys(
    keys: readonly string[],
    call: DataIndexCall,
  ): Promise<RunRow[]> {
    return this.#byValues(
      filterable(keys),
      chunk => ({ businessKey: { in: chunk } }),
      row => row.businessKey,
      call,
    );
  }

  /** Runs that one of the runs has started itself, the longest unchanged first. */
  async children(
    ids: readonly string[],
    call: DataIndexCall,
  ): Promise<RunRow[]> {
    return this.#byValues(
      filterable(ids),
      chunk => ({ parentProcessInstanceId: { in: chunk } }),
      row => row.parentId,
      call,
    );
  }

  /** How many runs there are of each of some workflows: one request for up to 20. */
  async countByProcess(
    processIds: readonly string[],
    call: DataIndexCall,
  ): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const chunk of chunksOf(filterable(processIds), COUNTS)) {
      const variables: JsonObject = {};
      for (let at = 0; at < COUNTS; at++) {
        // A variable that is absent makes the filter empty, and so counts everything: it is not asked for at all.
        variables[`n${at}`] = at < chunk.length;
        variables[`p${at}`] = chunk[at] ?? '';
      }
      const data = await this.#client.query(COUNT_BY_PROCESS, variables, call);
      chunk.forEach((id, at) =>
        counts.set(id, this.#reader.count(data[`c${at}`])),
      );
    }
    return counts;
  }

  /** How many runs there are. */
  async countAll(call: DataIndexCall): Promise<number> {
    const data = await this.#client.query(COUNT, {}, call);
    return this.#reader.count(data.CountProcessInstances);
  }

  /**
   * Runs that have changed at a time or after it, the longest unchanged first. Runs with the same time come in any order.
   *
   * @param lowerBound - ISO 8601
   * @returns the rows, and how many the Data Index has answered, those that cannot be included
   */
  async changedSince(
    lowerBound: string,
    limit: number,
    call: DataIndexCall,
  ): Promise<{ rows: RunRow[]; answered: number }> {
    const where = { lastUpdate: { greaterThanEqual: lowerBound } };
    const values = await this.#changed(where, limit, call);
    return {
      rows: this.#reader.read(values, readRun),
      answered: values.length,
    };
  }

  /** The time of the newest change of any run; undefined where there is none. */
  async newest(call: DataIndexCall): Promise<string | undefined> {
    const [row] = await this.#reader.rows('ProcessInstances', NEWEST, {}, call);
    if (row === undefined) return undefined;
    const time = readTime((row as JsonObject | null)?.lastUpdate);
    // Taken for none, it would end every sweep after its first page.
    if (time === undefined) throw this.#client.badAnswer();
    return time;
  }

  /** The variables of some runs; those that have none are left out. */
  async variables(
    ids: readonly string[],
    call: DataIndexCall,
  ): Promise<Map<string, JsonObject>> {
    const found = new Map<string, JsonObject>();
    for (const chunk of chunksOf(filterable(ids))) {
      const values = await this.#reader.rows(
        'ProcessInstances',
        VARIABLES,
        { where: { id: { in: chunk } }, limit: chunk.length },
        call,
      );
      for (const value of values as (JsonObject | null)[]) {
        const variables = readVariables(value?.variables);
        const id = value?.id;
        if (typeof id === 'string' && chunk.includes(id) && variables) {
          found.set(id, variables);
        }
      }
    }
    return found;
  }

  /** Resolves where the Data Index answers from its database. */
  async ping(call: DataIndexCall): Promise<void> {
    await this.#reader.rows('ProcessDefinitions', PING, {}, call);
  }

  async #byValues(
    values: readonly string[],
    where: (chunk: string[]) => JsonObject,
    valueOf: (row: RunRow) => string | undefined,
    call: DataIndexCall,
  ): Promise<RunRow[]> {
    const found: RunRow[] = [];
    for (const chunk of chunksOf(values)) {
      const rows = await this.#changed(where(chunk), MAX_ROWS, call);
      for (const row of this.#reader.read(rows, readRun)) {
        const value = valueOf(row);
        if (value !== undefined && chunk.includes(value)) found.push(row);
      }
    }
    return found;
  }

  async #changed(
    where: JsonObject,
    limit: number,
    call: DataIndexCall,
  ): Promise<JsonValue[]> {
    const variables = { where, limit };
    return this.#reader.rows('ProcessInstances', CHANGED, variables, call);
  }
}
