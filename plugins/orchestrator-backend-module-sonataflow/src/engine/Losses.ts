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
import type {
  RunAddress,
  RuntimeClient,
  RuntimeProcess,
} from '../runtime/RuntimeClient';
import type { ServiceAddress } from '../runtime/ServiceAddress';
import type { ServiceAddresses } from '../runtime/ServiceAddresses';
import { inParallel } from './inParallel';
import { RunMemory } from './RunMemory';
import { hasEnded, pause } from './Runs';

/** Runs that runtimes are asked about at one time. */
const ASKED = 10;

/** How long runtimes are asked about many runs; milliseconds. Whoever waits does not wait for much longer. */
const ASKING_TIME = 5_000;

function keyOf({ service, definitionId }: RunAddress): string {
  return `${service.key} ${definitionId}`;
}

/** A call, as far as it matters here. */
type Call = Pick<EngineCall, 'abortSignal'>;

/** What a runtime has of a workflow, each asked once: undefined where it does not answer as one, `gone` where it has nothing. */
type Asked = Map<string, Promise<RuntimeProcess | 'gone' | undefined>>;

/** What tells whether a runtime goes on with a run. */
interface LossesOptions {
  readonly dataIndex: DataIndex;
  readonly addresses: ServiceAddresses;
  readonly runtimes: RuntimeClient;
  /** Of one question to a runtime; milliseconds. */
  readonly detailTimeout: number;
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
    call: Call,
  ): Promise<string | undefined> {
    const reason = await this.#explain(row, address, new Map(), call);
    if (reason === undefined) return undefined;
    const [stays] = await this.#stillOpen([row], call);
    return stays ? reason : undefined;
  }

  /** How runtimes stand to some runs; those that the Data Index does not have are left out. */
  async standings(
    runIds: readonly string[],
    call: EngineCall,
  ): Promise<Map<string, RunStanding>> {
    const { dataIndex } = this.#options;
    const rows = await dataIndex.instances(runIds, {}, call);
    // One that is left out is taken for deleted, so it is asked for once more, and for less of it.
    const others = runIds.filter(id => !rows.has(id));
    const poor = await dataIndex.existing(others, call);
    const standings = new Map<string, RunStanding>(
      [...rows.keys(), ...poor.keys()].map(id => [id, 'present']),
    );
    const asked: Asked = new Map();
    const suspects: DetailedRunRow[] = [];
    const until = this.#options.now() + ASKING_TIME;
    await inParallel(this.#inAnyOrder(rows), ASKED, async row => {
      // What is not asked for in time is not lost for all that is known, and another time it comes earlier.
      if (this.#options.now() > until) return;
      if (await this.#isMissing(row, asked, call)) suspects.push(row);
    });
    for (const { id } of await this.#stillOpen(suspects, call)) {
      standings.set(id, 'lost');
    }
    return standings;
  }

  /** The runs that have not ended, in an order that differs from one time to the next. */
  #inAnyOrder(rows: ReadonlyMap<string, DetailedRunRow>): DetailedRunRow[] {
    return [...rows.values()]
      .filter(row => !hasEnded(row))
      .map(row => ({ row, place: Math.random() }))
      .sort((one, other) => one.place - other.place)
      .map(({ row }) => row);
  }

  async #isMissing(
    row: DetailedRunRow,
    asked: Asked,
    call: Call,
  ): Promise<boolean> {
    const address = this.#options.addresses.ofRun(row);
    if (!address) return false;
    // Asked before the run is: a runtime that does not answer then costs no time for each of its runs.
    const reason = await this.#explain(row, address, asked, call);
    if (reason === undefined) return false;
    try {
      const { runtimes } = this.#options;
      return (await runtimes.data(address, this.#detail(call))) === undefined;
    } catch {
      // One that does not answer now is not asked for its other runs.
      asked.set(keyOf(address), Promise.resolve(undefined));
      return false;
    }
  }

  /** Of runs that their runtimes do not have, those that are for the Data Index after a while as they were. */
  async #stillOpen(
    rows: readonly DetailedRunRow[],
    call: Call,
  ): Promise<DetailedRunRow[]> {
    if (rows.length === 0) return [];
    const { dataIndex, now, secondLookAfter } = this.#options;
    const ids = rows.map(({ id }) => id);
    for (const id of ids) this.#missing.add(id);
    const latest = Math.max(...ids.map(id => this.#missing.time(id) ?? 0));
    const wait = latest + secondLookAfter - now();
    if (wait > 0) await pause(wait, call.abortSignal);
    const again = await dataIndex.existing(ids, call);
    return rows.filter(({ id, state, lastUpdate }) => {
      const row = again.get(id);
      return row?.state === state && row.lastUpdate === lastUpdate;
    });
  }

  /** What it means that a runtime does not have a run; undefined where the runtime cannot be believed. */
  async #explain(
    { version }: DetailedRunRow,
    address: RunAddress,
    asked: Asked,
    call: Call,
  ): Promise<string | undefined> {
    const { service, definitionId } = address;
    const key = keyOf(address);
    let asking = asked.get(key);
    if (!asking) {
      asking = this.#ask(service, definitionId, call);
      asked.set(key, asking);
    }
    const process = await asking;
    if (process === undefined) return undefined;
    if (process === 'gone') {
      return `The runtime of the run does not have workflow "${definitionId}" any more`;
    }
    return version !== undefined && process.version !== version
      ? `The runtime of the run has another version of workflow "${definitionId}" now`
      : 'The runtime of the run does not have it any more';
  }

  async #ask(
    service: ServiceAddress,
    definitionId: string,
    call: Call,
  ): Promise<RuntimeProcess | 'gone' | undefined> {
    const { runtimes } = this.#options;
    const detail = this.#detail(call);
    try {
      // What stands before a runtime says 404, too: only one that lists its workflows can be believed.
      const ids = await runtimes.processIds(service, detail);
      if (!ids.has(definitionId)) return 'gone';
      return await runtimes.process(service, definitionId, detail);
    } catch {
      return undefined;
    }
  }

  #detail({ abortSignal }: Call) {
    return { timeoutMs: this.#options.detailTimeout, signal: abortSignal };
  }
}
