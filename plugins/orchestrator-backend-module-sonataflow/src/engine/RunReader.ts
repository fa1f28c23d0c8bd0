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

import type {
  EngineCall,
  EngineRun,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { DataIndex } from '../dataIndex/DataIndex';
import type { DetailedRunRow } from '../dataIndex/rows';
import { AnswerTooLargeError } from '../http/AnswerTooLargeError';
import type { RuntimeClient } from '../runtime/RuntimeClient';
import type { Losses } from './Losses';
import { addressOf, hasEnded, type Runs } from './Runs';
import { mergedData, toEngineRun } from './toEngineRun';

/** Reads runs: from the Data Index, and what it does not truly know from the runtime of the run. */
export class RunReader {
  readonly #dataIndex: DataIndex;
  readonly #runtimes: RuntimeClient;
  readonly #runs: Runs;
  readonly #losses: Losses;
  readonly #detailTimeout: number;

  /** @param options - `detailTimeout`: after which the Data Index' data is good enough; milliseconds */
  constructor(options: {
    readonly dataIndex: DataIndex;
    readonly runtimes: RuntimeClient;
    readonly runs: Runs;
    readonly losses: Losses;
    readonly detailTimeout: number;
  }) {
    this.#dataIndex = options.dataIndex;
    this.#runtimes = options.runtimes;
    this.#runs = options.runs;
    this.#losses = options.losses;
    this.#detailTimeout = options.detailTimeout;
  }

  /** A run with its true data as far as anybody has it; undefined where there is none. */
  async get(runId: string, call: EngineCall): Promise<EngineRun | undefined> {
    const row = await this.#runs.find(runId, call.abortSignal);
    if (!row) return undefined;
    const merged = mergedData(row);
    if (hasEnded(row)) return toEngineRun(row, { data: merged });
    const aborted = this.#runs.aborted.time(runId);
    if (aborted !== undefined) {
      const end = new Date(aborted).toISOString();
      return toEngineRun({ ...row, state: 'ABORTED', end }, { data: merged });
    }
    return this.#open(row, call);
  }

  /**
   * Some runs, with the Data Index' data, in one question.
   *
   * @param dataBudget - the most bytes of data as JSON, in the order of the ids
   */
  async getMany(
    runIds: readonly string[],
    dataBudget: number,
    call: EngineCall,
  ): Promise<Map<string, EngineRun>> {
    const rows = await this.#rows(runIds, dataBudget > 0, call);
    const runs = new Map<string, EngineRun>();
    let left = rows.hasData ? dataBudget : -1;
    for (const id of new Set(runIds)) {
      const row = rows.found.get(id);
      if (!row) continue;
      const data = mergedData(row);
      left -= Buffer.byteLength(JSON.stringify(data));
      runs.set(id, toEngineRun(row, left < 0 ? {} : { data }));
    }
    return runs;
  }

  async #rows(
    runIds: readonly string[],
    hasData: boolean,
    call: EngineCall,
  ): Promise<{
    readonly found: ReadonlyMap<string, DetailedRunRow>;
    readonly hasData: boolean;
  }> {
    const read = (variables: boolean) =>
      this.#dataIndex.instances(runIds, { variables, nodes: true }, call);
    try {
      return { found: await read(hasData), hasData };
    } catch (error) {
      if (!hasData || !(error instanceof AnswerTooLargeError)) throw error;
      return { found: await read(false), hasData: false };
    }
  }

  /** A run that has not ended, with what its runtime knows better where it answers. */
  async #open(row: DetailedRunRow, call: EngineCall): Promise<EngineRun> {
    const asIs = toEngineRun(row, { data: mergedData(row) });
    const address = addressOf(row);
    if (!address) return asIs;
    try {
      const found = await this.#runtimes.data(address, {
        timeoutMs: this.#detailTimeout,
        signal: call.abortSignal,
      });
      if (found) return { ...asIs, data: found.data };
      const lost = await this.#losses.reason(row, address, call);
      if (lost !== undefined) return { ...asIs, lost };
      // It has ended since.
      const again = await this.#dataIndex.instance(row.id, call);
      return again && hasEnded(again)
        ? toEngineRun(again, { data: mergedData(again) })
        : asIs;
    } catch {
      return asIs;
    }
  }
}
