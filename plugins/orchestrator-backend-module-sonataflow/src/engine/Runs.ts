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

import { setTimeout } from 'node:timers/promises';
import type { DataIndex } from '../dataIndex/DataIndex';
import type { DetailedRunRow } from '../dataIndex/rows';
import { RunMemory } from './RunMemory';

/** How long the Data Index may lag behind a runtime until we do not wait for it any longer; milliseconds. */
const PATIENCE = 2_000;

/** The first pause between two looks, each further one is twice as long; milliseconds. */
const FIRST_PAUSE = 25;

/** Whether nothing will happen to a run any more. */
export function hasEnded({ state }: { readonly state: string }): boolean {
  return state === 'COMPLETED' || state === 'ABORTED';
}

/** Resolves after some milliseconds, or as soon as the signal comes. */
export async function pause(time: number, signal?: AbortSignal): Promise<void> {
  try {
    await setTimeout(time, undefined, { signal });
  } catch {
    // The signal came; whoever waits looks at it itself.
  }
}

/**
 * The runs of a Data Index, which learns of what its runtimes do a little later. What this process did itself is remembered, so
 * that nobody is told the contrary meanwhile.
 */
export class Runs {
  /** Runs that were started here a moment ago. */
  readonly started: RunMemory;
  /** Runs that were aborted here a moment ago. */
  readonly aborted: RunMemory;
  readonly #dataIndex: DataIndex;

  constructor(dataIndex: DataIndex, now: () => number) {
    this.#dataIndex = dataIndex;
    this.started = new RunMemory(now);
    this.aborted = new RunMemory(now);
  }

  /**
   * A run; undefined where there is none. Waits a moment for one that was started here a moment ago.
   *
   * @param read - asks the Data Index for it; unless told for what lists need, which is small whatever the run has become
   */
  async find(
    runId: string,
    abortSignal?: AbortSignal,
  ): Promise<DetailedRunRow | undefined>;
  async find<T>(
    runId: string,
    abortSignal: AbortSignal | undefined,
    read: () => Promise<T | undefined>,
  ): Promise<T | undefined>;
  async find(
    runId: string,
    abortSignal?: AbortSignal,
    read: () => Promise<unknown> = () => this.#read(runId, abortSignal),
  ): Promise<unknown> {
    const row = await read();
    return row || this.started.time(runId) === undefined
      ? row
      : this.#repeat(read, found => found !== undefined, abortSignal);
  }

  /**
   * Waits a moment until a run has ended for the Data Index, too.
   *
   * @param isSettled - what to wait for where it is not the end
   */
  async settle(
    runId: string,
    abortSignal?: AbortSignal,
    isSettled: (row: DetailedRunRow) => boolean = hasEnded,
  ): Promise<DetailedRunRow | undefined> {
    return this.#repeat(
      () => this.#read(runId, abortSignal),
      row => row === undefined || isSettled(row),
      abortSignal,
    );
  }

  async #read(
    runId: string,
    abortSignal: AbortSignal | undefined,
  ): Promise<DetailedRunRow | undefined> {
    const found = await this.#dataIndex.instances([runId], {}, { abortSignal });
    return found.get(runId);
  }

  async #repeat<T>(
    ask: () => Promise<T>,
    isEnough: (answer: T) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    let waited = 0;
    for (let time = FIRST_PAUSE; ; time *= 2) {
      const answer = await ask();
      if (isEnough(answer) || waited >= PATIENCE || signal?.aborted) {
        return answer;
      }
      await pause(time, signal);
      waited += time;
    }
  }
}
