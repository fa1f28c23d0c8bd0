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

import type { JsonValue } from '@backstage/types';
import type {
  EngineCall,
  EngineRun,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { DataIndex } from '../dataIndex/DataIndex';
import type { DetailedRunRow, InstanceFields } from '../dataIndex/rows';
import { AnswerTooLargeError } from '../http/AnswerTooLargeError';
import type { RuntimeClient } from '../runtime/RuntimeClient';
import type { ServiceAddresses } from '../runtime/ServiceAddresses';
import type { Losses } from './Losses';
import { hasEnded, type Runs } from './Runs';
import { mergedData, toEngineRun } from './toEngineRun';

/** What is asked of a run for its page, and what where that is too large. */
const PAGE_STEPS: readonly InstanceFields[] = [
  { variables: true, nodes: true, details: true },
  { nodes: true, details: true },
  { details: true },
  {},
];

/** What is asked of runs for a list: of the nodes, lists show the ids only. */
const LIST_STEPS: readonly InstanceFields[] = [
  { variables: true, nodes: 'ids' },
  { nodes: 'ids' },
  {},
];

/** A run, and what was asked of it. */
interface ReadRun {
  readonly row: DetailedRunRow;
  readonly fields: InstanceFields;
}

/** A run as its page shows it, which says what is missing. */
function shown(
  { row, fields }: ReadRun,
  more: { readonly data?: JsonValue; readonly lost?: string } = {},
): EngineRun {
  const data = fields.variables ? { data: mergedData(row) } : {};
  const run = toEngineRun(row, { ...data, ...more });
  const gaps = [
    ...(run.data === undefined
      ? ['The data of the run is too large to be shown']
      : []),
    ...(fields.nodes ? [] : ['The nodes of the run are too large to be shown']),
  ];
  if (gaps.length === 0) return run;
  return {
    ...run,
    executionSummary: [...(run.executionSummary ?? []), ...gaps],
  };
}

/** Reads runs: from the Data Index, and what it does not truly know from the runtime of the run. */
export class RunReader {
  readonly #dataIndex: DataIndex;
  readonly #addresses: ServiceAddresses;
  readonly #runtimes: RuntimeClient;
  readonly #runs: Runs;
  readonly #losses: Losses;
  readonly #detailTimeout: number;

  /** @param options - `detailTimeout`: after which the Data Index' data is good enough; milliseconds */
  constructor(options: {
    readonly dataIndex: DataIndex;
    readonly addresses: ServiceAddresses;
    readonly runtimes: RuntimeClient;
    readonly runs: Runs;
    readonly losses: Losses;
    readonly detailTimeout: number;
  }) {
    this.#dataIndex = options.dataIndex;
    this.#addresses = options.addresses;
    this.#runtimes = options.runtimes;
    this.#runs = options.runs;
    this.#losses = options.losses;
    this.#detailTimeout = options.detailTimeout;
  }

  /** A run with its true data as far as anybody has it; undefined where there is none. */
  async get(runId: string, call: EngineCall): Promise<EngineRun | undefined> {
    const { abortSignal } = call;
    const read = await this.#runs.find(runId, abortSignal, () =>
      this.#read(runId, call),
    );
    if (!read) return undefined;
    const { row } = read;
    if (hasEnded(row)) return shown(read);
    const aborted = this.#runs.aborted.time(runId);
    if (aborted !== undefined) {
      const end = new Date(aborted).toISOString();
      return shown({ ...read, row: { ...row, state: 'ABORTED', end } });
    }
    return this.#open(read, call);
  }

  /**
   * Some runs, with the Data Index' data and the ids of their nodes, in one question.
   *
   * @param dataBudget - the most bytes of data as JSON, in the order of the ids
   */
  async getMany(
    runIds: readonly string[],
    dataBudget: number,
    call: EngineCall,
  ): Promise<Map<string, EngineRun>> {
    const steps = LIST_STEPS.filter(
      fields => !fields.variables || dataBudget > 0,
    );
    const { found, fields } = await this.#instances(runIds, steps, call);
    const runs = new Map<string, EngineRun>();
    let left = fields.variables ? dataBudget : -1;
    for (const id of new Set(runIds)) {
      const row = found.get(id);
      if (!row) continue;
      const data = mergedData(row);
      left -= Buffer.byteLength(JSON.stringify(data));
      runs.set(id, toEngineRun(row, left < 0 ? {} : { data }));
    }
    return runs;
  }

  async #read(runId: string, call: EngineCall): Promise<ReadRun | undefined> {
    const read = await this.#instances([runId], PAGE_STEPS, call);
    const row = read.found.get(runId);
    return row && { row, fields: read.fields };
  }

  /** Asks for runs, and for less and less of them as long as it does not fit into an answer. */
  async #instances(
    runIds: readonly string[],
    [fields, ...rest]: readonly InstanceFields[],
    call: EngineCall,
  ): Promise<{
    readonly found: ReadonlyMap<string, DetailedRunRow>;
    readonly fields: InstanceFields;
  }> {
    try {
      const found = await this.#dataIndex.instances(runIds, fields, call);
      return { found, fields };
    } catch (error) {
      if (rest.length === 0 || !(error instanceof AnswerTooLargeError)) {
        throw error;
      }
      return this.#instances(runIds, rest, call);
    }
  }

  /** A run that has not ended, with what its runtime knows better where it answers. */
  async #open(read: ReadRun, call: EngineCall): Promise<EngineRun> {
    const { row } = read;
    const address = this.#addresses.ofRun(row);
    if (!address) return shown(read);
    try {
      const found = await this.#runtimes.data(address, {
        timeoutMs: this.#detailTimeout,
        signal: call.abortSignal,
      });
      if (found) return shown(read, found);
      const lost = await this.#losses.reason(row, address, call);
      if (lost !== undefined) return shown(read, { lost });
      // It has ended since.
      const again = await this.#read(row.id, call);
      return shown(again && hasEnded(again.row) ? again : read);
    } catch {
      return shown(read);
    }
  }
}
