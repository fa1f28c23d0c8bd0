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

import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import {
  buildSchema,
  type DocumentNode,
  execute,
  getOperationAST,
  type GraphQLError,
  parse,
  validate,
} from 'graphql';
import { compare, inOrder, meets } from './fakeFilter';
import type { FakeDefinition, FakeInstance } from './fakeRows';
import { answer, TestServer } from './TestServer';

interface Question {
  readonly where?: Record<string, any>;
  readonly orderBy?: Record<string, string>;
  readonly pagination?: { limit?: number; offset?: number };
}

const SCHEMA = buildSchema(
  readFileSync(join(__dirname, 'schema', 'data-index.graphql'), 'utf8'),
);

/** An error as the real one words it, where it is about a value that is missing. */
function toRealError({ message, path }: GraphQLError): object {
  const classification = message.startsWith('Cannot return null')
    ? 'NullValueInNonNullableField'
    : 'DataFetchingException';
  return { message, path, extensions: { classification } };
}

function page<T>(rows: readonly T[], pagination: Question['pagination']): T[] {
  const { limit, offset = 0 } = pagination ?? {};
  if (limit !== undefined && limit < 0) throw new Error('LIMIT is negative');
  // Without a limit, all there are.
  return rows.slice(offset, limit === undefined ? undefined : offset + limit);
}

/**
 * A Data Index over rows in memory, which speaks the real one's schema and has its traps: an empty `in` is no filter, equal rows
 * have no order, variables are merged, errors come with status 200. It counts what it is asked by the names of the queries.
 */
export class FakeDataIndex {
  readonly instances = new Map<string, FakeInstance>();
  readonly definitions: FakeDefinition[] = [];
  /** How often each query was asked, by its name. */
  readonly queries = new Map<string, number>();
  /** Where set, each question is answered with an error that says this, and status 200. */
  error: string | undefined;
  /** False to leave equal rows in the order in which they were put, which is faster. */
  mixesTies = true;
  readonly #server: TestServer;
  readonly #documents = new Map<string, DocumentNode>();
  readonly #held = new Map<string, Promise<void>>();
  #sorted: FakeInstance[] | undefined;
  #asked = 0;

  private constructor() {
    this.#server = new TestServer((...exchange) => this.#respond(...exchange));
  }

  /** Starts it on a free port. */
  static async start(): Promise<FakeDataIndex> {
    const dataIndex = new FakeDataIndex();
    await dataIndex.resume();
    return dataIndex;
  }

  /** Its address, as `dataIndexService.url` has it. */
  get url(): URL {
    return this.#server.url;
  }

  /** All questions so far. */
  get asked(): number {
    return this.#asked;
  }

  /** Puts a row, in place of the one with its id. */
  put(row: FakeInstance): void {
    this.instances.set(row.id, row);
    this.#sorted = undefined;
  }

  /** Changes a row; variables are merged into those that it has, never replaced. */
  change(id: string, changes: Partial<FakeInstance>): void {
    const row = this.instances.get(id);
    if (!row) throw new Error(`no such row: ${id}`);
    const variables =
      changes.variables && row.variables
        ? { ...row.variables, ...changes.variables }
        : changes.variables ?? row.variables;
    this.put({ ...row, ...changes, variables });
  }

  /** Deletes a row, of which it then tells nothing. */
  delete(id: string): void {
    this.instances.delete(id);
    this.#sorted = undefined;
  }

  /**
   * Leaves the queries with a name without an answer.
   *
   * @returns a function that lets them be answered
   */
  holdBack(name: string): () => void {
    let letGo = () => {};
    const held = new Promise<void>(resolve => {
      letGo = resolve;
    });
    this.#held.set(name, held);
    return () => {
      this.#held.delete(name);
      letGo();
    };
  }

  /** Refuses connections until `resume`. */
  async stop(): Promise<void> {
    await this.#server.close();
  }

  /** Listens again, on the same port. */
  async resume(): Promise<void> {
    await this.#server.listen();
  }

  async #respond(
    request: IncomingMessage,
    body: string,
    response: ServerResponse,
  ): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake');
    if (url.pathname !== '/graphql') {
      answer(response, 404, 'Not Found', 'text/plain');
      return;
    }
    let question: { query: string; variables?: Record<string, unknown> };
    try {
      question =
        request.method === 'GET'
          ? {
              query: url.searchParams.get('query') ?? '',
              variables: JSON.parse(url.searchParams.get('variables') ?? '{}'),
            }
          : JSON.parse(body);
    } catch {
      answer(response, 400, 'not JSON', 'text/plain');
      return;
    }
    answer(response, 200, JSON.stringify(await this.#answer(question)));
  }

  async #answer(question: {
    query: string;
    variables?: Record<string, unknown>;
  }): Promise<unknown> {
    this.#asked += 1;
    const document = this.#parse(question.query);
    const name = getOperationAST(document)?.name?.value ?? '(no name)';
    this.queries.set(name, (this.queries.get(name) ?? 0) + 1);
    await this.#held.get(name);
    if (this.error !== undefined) {
      const errors = [{ message: this.error, path: [], extensions: {} }];
      return { errors, data: null };
    }
    const result = await execute({
      schema: SCHEMA,
      document,
      variableValues: question.variables,
      rootValue: {
        ProcessInstances: (asked: Question) => this.#findInstances(asked),
        CountProcessInstances: ({ where }: Question) =>
          this.#filter(where).length,
        ProcessDefinitions: ({ where, pagination }: Question) =>
          page(
            this.definitions.filter(row => meets(row, where)),
            pagination,
          ),
        CountProcessDefinitions: () => null,
      },
    });
    return { ...result, errors: result.errors?.map(toRealError) };
  }

  #parse(query: string): DocumentNode {
    let document = this.#documents.get(query);
    if (!document) {
      document = parse(query);
      const [fault] = validate(SCHEMA, document);
      // A question that the real one would not understand is a fault of the test or of what it tests.
      if (fault) throw fault;
      this.#documents.set(query, document);
    }
    return document;
  }

  #findInstances({ where, orderBy, pagination }: Question): FakeInstance[] {
    const rows = this.#filter(where);
    const keys = Object.keys(orderBy ?? {});
    const isByTime = keys.length === 1 && keys[0] === 'lastUpdate';
    if (isByTime && !this.mixesTies) {
      const isDescending = orderBy?.lastUpdate === 'DESC';
      return page(isDescending ? [...rows].reverse() : rows, pagination);
    }
    const seed = this.mixesTies ? this.#asked : undefined;
    return page(inOrder(rows, orderBy, seed), pagination);
  }

  /** The rows that meet a filter, by the time of their last change. */
  #filter(where: Question['where']): FakeInstance[] {
    const ids: string[] | undefined = where?.id?.in;
    if (ids?.length) {
      return [...new Set(ids)]
        .map(id => this.instances.get(id))
        .filter((row): row is FakeInstance => !!row && meets(row, where));
    }
    this.#sorted ??= [...this.instances.values()].sort((one, other) =>
      compare(one.lastUpdate, other.lastUpdate),
    );
    const rows = this.#sorted;
    const bound: string | undefined = where?.lastUpdate?.greaterThanEqual;
    if (bound === undefined && Object.keys(where ?? {}).length === 0) {
      return rows;
    }
    let low = 0;
    for (let high = bound === undefined ? 0 : rows.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (compare(rows[middle].lastUpdate, bound) < 0) low = middle + 1;
      else high = middle;
    }
    const isWhole = Object.keys(where!).length === 1 && bound !== undefined;
    const candidates = rows.slice(low);
    // Rows without a time are at the end.
    const isComplete = typeof rows[rows.length - 1]?.lastUpdate === 'string';
    return isWhole && isComplete
      ? candidates
      : candidates.filter(row => meets(row, where));
  }
}
