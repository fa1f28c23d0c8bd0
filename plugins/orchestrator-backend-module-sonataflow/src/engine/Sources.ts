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
import { createHash } from 'node:crypto';
import type { DataIndex } from '../dataIndex/DataIndex';
import type { DefinitionRow } from '../dataIndex/rows';
import type { RuntimeClient } from '../runtime/RuntimeClient';
import type { ServiceAddresses } from '../runtime/ServiceAddresses';
import { inParallel } from './inParallel';
import { readSourceFacts, type SourceFacts } from './sourceFacts';

/** What is known of the text of a version of a workflow. */
interface Known {
  /** Absent where the text cannot be understood. */
  readonly facts?: SourceFacts;
  /** Of the text; absent where there is none. */
  readonly hash?: string;
  readonly at: number;
}

/** A text is read again after this time, since a version can be built anew from another one; milliseconds. */
const FRESH = 300_000;

/** Texts that are read at one time. */
const READS = 20;

/** What a definition has without any text. */
const NOTHING: SourceFacts = {
  format: 'yaml',
  failOnValidationErrors: true,
  events: new Map(),
};

function keyOf(row: DefinitionRow): string {
  // Whatever changes beside the text tells that the text may have changed, too.
  return JSON.stringify(row);
}

/** The texts of definitions as far as they matter, each read once in a while. */
export class Sources {
  readonly #dataIndex: DataIndex;
  readonly #addresses: ServiceAddresses;
  readonly #runtimes: RuntimeClient;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  readonly #warned = new Set<string>();

  constructor(options: {
    readonly dataIndex: DataIndex;
    readonly addresses: ServiceAddresses;
    readonly runtimes: RuntimeClient;
    readonly logger: LoggerService;
    readonly now: () => number;
  }) {
    this.#dataIndex = options.dataIndex;
    this.#addresses = options.addresses;
    this.#runtimes = options.runtimes;
    this.#logger = options.logger;
    this.#now = options.now;
  }

  /** Reads the texts of all versions that there are, as `read`, and forgets those of others. Never throws. */
  async look(rows: readonly DefinitionRow[]): Promise<void> {
    const wanted = new Set(rows.map(keyOf));
    for (const key of this.#known.keys()) {
      if (!wanted.has(key)) this.#known.delete(key);
    }
    await this.read(rows);
  }

  /** Reads the texts that are new or have not been read for a while. Never throws. */
  async read(rows: readonly DefinitionRow[]): Promise<void> {
    const now = this.#now();
    const stale = rows.filter(row => {
      const known = this.#known.get(keyOf(row));
      return !known || now - known.at >= FRESH;
    });
    await inParallel(stale, READS, row => this.#readOne(row, now));
  }

  /** Whether the text of a version has been read, be it understood or not. */
  isKnown(row: DefinitionRow): boolean {
    return this.#known.has(keyOf(row));
  }

  /** What the text of a version says; undefined where nobody knows yet, or it cannot be understood. */
  facts(row: DefinitionRow): SourceFacts | undefined {
    return this.#known.get(keyOf(row))?.facts;
  }

  /** The text of a version: the Data Index', else the runtime's own; undefined where neither has it. */
  async text(
    row: DefinitionRow,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const { id, version } = row;
    const text = await this.#dataIndex.definitionSource(id, version, {
      abortSignal: signal,
    });
    const service = this.#addresses.find(row.serviceUrl);
    if (text !== undefined || !service) return text;
    return this.#runtimes.source(service, id, { signal });
  }

  async #readOne(row: DefinitionRow, at: number): Promise<void> {
    try {
      const text = await this.text(row);
      if (text === undefined) {
        if (await this.#hasNone(row)) {
          this.#known.set(keyOf(row), { facts: NOTHING, at });
        } else if (!this.isKnown(row)) {
          this.#warn(row.id);
        }
        return;
      }
      const hash = createHash('sha256').update(text).digest('base64');
      const known = this.#known.get(keyOf(row));
      // Reading takes its time, and everybody waits for it: only a text that is another one is read.
      const facts = known?.hash === hash ? known.facts : readSourceFacts(text);
      if (!facts) this.#warn(row.id);
      this.#known.set(keyOf(row), { facts, hash, at });
    } catch {
      // What was known stays; what was not is asked for again next time.
    }
  }

  /** Whether a version truly has no text where none was found. */
  async #hasNone({ id, serviceUrl }: DefinitionRow): Promise<boolean> {
    const service = this.#addresses.find(serviceUrl);
    if (!service) return true;
    // What stands before a runtime says 404, too: only one that lists the workflow can be believed.
    return (await this.#runtimes.processIds(service, {})).has(id);
  }

  #warn(id: string): void {
    const message = `Workflow ${JSON.stringify(
      id,
    )} is left out: its definition cannot be read, so that its workspace is not known`;
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#logger.warn(message);
  }
}
