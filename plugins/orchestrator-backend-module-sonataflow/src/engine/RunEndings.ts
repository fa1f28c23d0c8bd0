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
import {
  ConflictError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import type { EngineCall } from '@flowgate/backstage-plugin-orchestrator-node';
import type { DataIndex } from '../dataIndex/DataIndex';
import type { DetailedRunRow } from '../dataIndex/rows';
import type { DownstreamHeaders } from '../runtime/DownstreamHeaders';
import type { RunAddress, RuntimeClient } from '../runtime/RuntimeClient';
import type { ServiceAddresses } from '../runtime/ServiceAddresses';
import { inParallel } from './inParallel';
import { KeyedMutex } from './KeyedMutex';
import type { Losses } from './Losses';
import { hasEnded, type Runs } from './Runs';
import type { StartCall } from './RunStarts';

/** Generations of runs below an aborted one. */
const MAX_DEPTH = 20;

/** Runs below an aborted one. */
const MAX_DESCENDANTS = 1_000;

/** Runs that are aborted at one time. */
const AT_ONCE = 5;

/** Aborts runs and retriggers them, one after another for each run. */
export class RunEndings {
  readonly #dataIndex: DataIndex;
  readonly #addresses: ServiceAddresses;
  readonly #runtimes: RuntimeClient;
  readonly #runs: Runs;
  readonly #losses: Losses;
  readonly #headers: DownstreamHeaders;
  readonly #logger: LoggerService;
  readonly #startTimeout: number;
  readonly #mutex = new KeyedMutex();

  constructor(options: {
    readonly dataIndex: DataIndex;
    readonly addresses: ServiceAddresses;
    readonly runtimes: RuntimeClient;
    readonly runs: Runs;
    readonly losses: Losses;
    readonly headers: DownstreamHeaders;
    readonly logger: LoggerService;
    readonly startTimeout: number;
  }) {
    this.#dataIndex = options.dataIndex;
    this.#addresses = options.addresses;
    this.#runtimes = options.runtimes;
    this.#runs = options.runs;
    this.#losses = options.losses;
    this.#headers = options.headers;
    this.#logger = options.logger;
    this.#startTimeout = options.startTimeout;
  }

  /** Ends a run and all that it has started; as `WorkflowEngine.abort`. */
  async abort(runId: string, call: EngineCall): Promise<void> {
    return this.#mutex.run(runId, async () => {
      const known = await this.#runs.find(runId, call.abortSignal);
      // Its abort may not have come to all of its child runs.
      if (known?.state === 'ABORTED') await this.#tryAbortBelow(runId);
      const { row, address } = this.#open(known);
      try {
        await this.#runtimes.abort(address, {});
      } catch (error) {
        throw await this.#explain(error, row, address, call);
      }
      this.#runs.aborted.add(runId);
      await this.#runs.settle(runId, call.abortSignal).catch(() => undefined);
      // After their parent: an aborted child counts as completed for a parent that is still there, which would go on.
      await this.#tryAbortBelow(runId);
    });
  }

  /** Runs the failed node of a run again; as `WorkflowEngine.retrigger`. */
  async retrigger(runId: string, call: StartCall): Promise<void> {
    return this.#mutex.run(runId, async () => {
      const known = await this.#runs.find(runId, call.abortSignal);
      const { row, address } = this.#open(known);
      const headers = await this.#headers.of(address.service, call.downstream);
      try {
        // It answers when the run waits or ends, as a start does.
        await this.#runtimes.retrigger(
          address,
          headers,
          { timeoutMs: this.#startTimeout },
          () => this.#staysInError(runId, call),
        );
      } catch (error) {
        throw await this.#explain(error, row, address, call);
      }
    });
  }

  /** A run that has not ended, and where it is. */
  #open(row: DetailedRunRow | undefined): {
    row: DetailedRunRow;
    address: RunAddress;
  } {
    if (!row) throw new NotFoundError('There is no such run');
    if (hasEnded(row) || this.#runs.aborted.time(row.id) !== undefined) {
      throw new ConflictError('The run has ended');
    }
    const address = this.#addresses.ofRun(row);
    if (!address) {
      throw new ServiceUnavailableError('It is not known where the run is');
    }
    return { row, address };
  }

  /** Whether a run is still in error after a moment, also where nobody can tell. */
  async #staysInError(runId: string, call: EngineCall): Promise<boolean> {
    const isInError = ({ state }: DetailedRunRow) => state === 'ERROR';
    try {
      const row = await this.#runs.settle(
        runId,
        call.abortSignal,
        one => !isInError(one),
      );
      return row === undefined || isInError(row);
    } catch {
      return true;
    }
  }

  /** What it means that a runtime does not have a run which was open a moment ago. */
  async #explain(
    error: unknown,
    row: DetailedRunRow,
    address: RunAddress,
    call: EngineCall,
  ): Promise<unknown> {
    if ((error as Error).name !== 'NotFoundError') return error;
    const lost = await this.#losses.reason(row, address, call);
    if (lost !== undefined) return new NotFoundError(lost);
    const again = await this.#runs.settle(row.id, call.abortSignal);
    if (!again) return error;
    return hasEnded(again)
      ? new ConflictError('The run has ended')
      : new ServiceUnavailableError(
          `${this.#runtimes.upstream} does not have the run now`,
        );
  }

  async #tryAbortBelow(runId: string): Promise<void> {
    try {
      await this.#abortBelow(runId);
    } catch {
      this.#logger.warn(
        `Run ${runId} was aborted, but not all of the runs that it has started could be found`,
      );
    }
  }

  /** Ends what an aborted run has started, generation by generation: SonataFlow leaves it active. */
  async #abortBelow(runId: string): Promise<void> {
    const call = {};
    const seen = new Set([runId]);
    let parents = [runId];
    for (let depth = 0; parents.length > 0 && depth < MAX_DEPTH; depth++) {
      const children = await this.#dataIndex.children(parents, call);
      const next = children
        .filter(({ id }) => !seen.has(id))
        .slice(0, MAX_DESCENDANTS - seen.size);
      const ids = next.map(({ id }) => id);
      ids.forEach(id => seen.add(id));
      const open = next.filter(child => !hasEnded(child)).map(({ id }) => id);
      const rows = await this.#dataIndex.instances(open, {}, call);
      await inParallel([...rows.values()], AT_ONCE, row => this.#end(row));
      // Those that have ended can have left runs behind as well.
      parents = ids;
    }
    if (seen.size >= MAX_DESCENDANTS) {
      this.#logger.warn(
        `Run ${runId} was aborted, but it has started more runs than can be aborted with it`,
      );
    }
  }

  async #end(row: DetailedRunRow): Promise<void> {
    const address = this.#addresses.ofRun(row);
    try {
      if (!address) throw new NotFoundError();
      await this.#runtimes.abort(address, {});
      this.#runs.aborted.add(row.id);
    } catch (error) {
      if (address && (error as Error).name === 'NotFoundError') return;
      this.#logger.warn(
        `Run ${row.id} was started by a run that was aborted, and could not be aborted itself`,
      );
    }
  }
}
