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
  RunStanding,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { DataIndex } from '../dataIndex/DataIndex';
import type { DetailedRunRow } from '../dataIndex/rows';
import type { RunAddress, RuntimeClient } from '../runtime/RuntimeClient';
import { inParallel } from './inParallel';
import { RunMemory } from './RunMemory';
import { addressOf, hasEnded, pause } from './Runs';

/** A runtime is not waited for longer where only a detail depends on it; milliseconds. */
const DETAIL_TIMEOUT = 3_000;

/** Runs that runtimes are asked about at one time. */
const ASKED = 10;

/** What tells whether a runtime goes on with a run. */
interface LossesOptions {
  readonly dataIndex: DataIndex;
  readonly runtimes: RuntimeClient;
  readonly now: () => number;
  /** Milliseconds after which a run that its runtime does not have is looked at again: it may just have ended. */
  readonly secondLookAfter: number;
}

/**
 * Finds runs that have not ended and that nothing will ever go on with. A Data Index keeps such a run as active for ever: its
 * runtime was restarted without a memory, or has another version of the workflow now.
 */
export class Losses {
  readonly #options: LossesOptions;
  readonly #missing: RunMemory;

  constructor(options: LossesOptions) {
    this.#options = options;
    this.#missing = new RunMemory(options.now);
  }

  /**
   * Why a run that its runtime answered not to have is lost, in words that may be shown.
   *
   * @returns undefined where it is not, or where nobody can tell: it may just have ended, and a runtime that does not answer has
   *   lost nothing
   */
  async reason(
    row: DetailedRunRow,
    address: RunAddress,
    call: Pick<EngineCall, 'abortSignal'>,
  ): Promise<string | undefined> {
    const reason = await this.#explain(row, address, call);
    if (reason === undefined) return undefined;
    const { dataIndex, now, secondLookAfter } = this.#options;
    this.#missing.add(row.id);
    const since = now() - this.#missing.time(row.id)!;
    if (since < secondLookAfter) {
      await pause(secondLookAfter - since, call.abortSignal);
    }
    const again = (await dataIndex.existing([row.id], call)).get(row.id);
    const isSame =
      again?.state === row.state && again.lastUpdate === row.lastUpdate;
    return isSame ? reason : undefined;
  }

  /** How runtimes stand to some runs; those that the Data Index does not have are left out. */
  async standings(
    runIds: readonly string[],
    call: EngineCall,
  ): Promise<Map<string, RunStanding>> {
    const { dataIndex } = this.#options;
    const rows = await dataIndex.instances(runIds, {}, call);
    const standings = new Map<string, RunStanding>(
      [...rows.keys()].map(id => [id, 'present']),
    );
    const open = [...rows.values()].filter(row => !hasEnded(row));
    const alive = await this.#alive(open, call);
    await inParallel(open, ASKED, async row => {
      const address = addressOf(row);
      if (!address || !alive.has(address.service.key)) return;
      if (await this.#isLost(row, address, call)) standings.set(row.id, 'lost');
    });
    return standings;
  }

  async #isLost(
    row: DetailedRunRow,
    address: RunAddress,
    call: EngineCall,
  ): Promise<boolean> {
    try {
      const { runtimes } = this.#options;
      const found = await runtimes.data(address, this.#detail(call));
      if (found) return false;
      return (await this.reason(row, address, call)) !== undefined;
    } catch {
      return false;
    }
  }

  /** The runtimes that answer, so that those that do not cost no time for each of their runs. */
  async #alive(
    rows: readonly DetailedRunRow[],
    call: EngineCall,
  ): Promise<ReadonlySet<string>> {
    const services = new Map(
      rows
        .map(row => addressOf(row)?.service)
        .filter(service => service !== undefined)
        .map(service => [service.key, service]),
    );
    const alive = new Set<string>();
    await inParallel([...services.values()], ASKED, async service => {
      try {
        const { runtimes } = this.#options;
        await runtimes.processIds(service, this.#detail(call));
        alive.add(service.key);
      } catch {
        // Nobody can tell what it has lost.
      }
    });
    return alive;
  }

  async #explain(
    row: DetailedRunRow,
    { service, definitionId }: RunAddress,
    call: Pick<EngineCall, 'abortSignal'>,
  ): Promise<string | undefined> {
    const { runtimes } = this.#options;
    try {
      // What stands before a runtime says 404, too: only a runtime that lists its workflows is one that can be believed.
      const ids = await runtimes.processIds(service, this.#detail(call));
      if (!ids.has(definitionId)) {
        return `The runtime of the run does not have workflow "${definitionId}" any more`;
      }
      const live = await runtimes.process(
        service,
        definitionId,
        this.#detail(call),
      );
      return live && live.version !== row.version && row.version !== undefined
        ? `The runtime of the run has another version of workflow "${definitionId}" now`
        : 'The runtime of the run does not have it any more';
    } catch {
      return undefined;
    }
  }

  #detail({ abortSignal }: Pick<EngineCall, 'abortSignal'>) {
    return { timeoutMs: DETAIL_TIMEOUT, signal: abortSignal };
  }
}
