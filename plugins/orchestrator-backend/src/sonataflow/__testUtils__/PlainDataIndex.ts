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

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Row {
  readonly id: string;
  readonly processId: string;
  readonly state: string;
  readonly start: string;
  readonly end: string;
  readonly lastUpdate: string;
  readonly variables: object;
}

interface Variables {
  readonly where: {
    readonly id?: { readonly in: readonly string[] };
    readonly lastUpdate?: { readonly greaterThanEqual: string };
  };
  readonly limit: number;
}

const BEGIN = Date.parse('2025-06-01T00:00:00Z');

function makeRow(n: number): Row {
  const time = new Date(BEGIN + n * 1_000).toISOString();
  const initiatorEntity = n % 2 ? 'user:default/alice' : 'user:default/bob';
  return {
    id: `run-${n}`,
    processId: `process-${n % 7}`,
    state: 'COMPLETED',
    start: time,
    end: time,
    lastUpdate: time,
    variables: { workflowdata: { n }, initiatorEntity },
  };
}

/** A Data Index with completed runs, which answers the questions of the engine alone, and counts them by their names. */
export class PlainDataIndex {
  readonly asked = new Map<string, number>();
  readonly #rows: readonly Row[];
  readonly #server: Server;

  private constructor(runs: number) {
    this.#rows = Array.from({ length: runs }, (_none, n) => makeRow(n));
    this.#server = createServer((request, response) => {
      let text = '';
      request.on('data', chunk => {
        text += chunk;
      });
      request.on('end', () => {
        const { query, variables } = JSON.parse(text);
        const name = /query (\w+)/.exec(query)?.[1] ?? '';
        this.asked.set(name, (this.asked.get(name) ?? 0) + 1);
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify({ data: this.#answer(name, variables) }));
      });
    });
  }

  /** Starts it on a free port. */
  static async start(runs: number): Promise<PlainDataIndex> {
    const dataIndex = new PlainDataIndex(runs);
    await new Promise<void>(resolve => {
      dataIndex.#server.listen(0, '127.0.0.1', resolve);
    });
    return dataIndex;
  }

  get url(): URL {
    const { port } = this.#server.address() as AddressInfo;
    return new URL(`http://127.0.0.1:${port}`);
  }

  async stop(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #answer(name: string, variables: Variables): object {
    switch (name) {
      case 'Definitions':
        return { ProcessDefinitions: [] };
      case 'Newest':
        return { ProcessInstances: this.#rows.slice(-1) };
      case 'Count':
        return { CountProcessInstances: this.#rows.length };
      case 'Changed':
      case 'Instances':
      case 'Variables':
        return { ProcessInstances: this.#find(variables) };
      default:
        throw new Error(`Nobody has taught it to answer ${name}`);
    }
  }

  #find({ where, limit }: Variables): readonly Row[] {
    const { id, lastUpdate } = where;
    return this.#rows
      .filter(row => !id || id.in.includes(row.id))
      .filter(row => row.lastUpdate >= (lastUpdate?.greaterThanEqual ?? ''))
      .slice(0, limit);
  }
}
