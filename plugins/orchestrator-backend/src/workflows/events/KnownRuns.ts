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

import type { RunRow, StartedRun } from '../../database/RunRow';
import type { RunStore } from '../../database/RunStore';

/** Brings the changes of engines into the index that it does not have yet. */
export interface CatchUp {
  /** @param engineId - absent for every engine that may be asked at any time */
  (engineId?: string): Promise<void>;
}

/**
 * Finds runs that events are for. A run that another one started is told of before the index knows it: what the run calls may answer
 * it at once. So the index is made to catch up before it is said that there is no such run.
 */
export class KnownRuns {
  readonly #runs: RunStore;
  readonly #catchUp: CatchUp;

  constructor(runs: RunStore, catchUp: CatchUp) {
    this.#runs = runs;
    this.#catchUp = catchUp;
  }

  /** A run, or undefined where there is none or its start is only reserved. */
  async find(id: string): Promise<StartedRun | undefined> {
    const found = await this.#runs.find(id);
    if (found) return found;
    await this.#catchUp();
    return this.#runs.find(id);
  }

  /** The rows of those of some runs that belong to an engine, also where their starts are only reserved. */
  async ofEngine(engineId: string, ids: readonly string[]): Promise<RunRow[]> {
    let rows = await this.#runs.findMany(ids);
    if (rows.length < new Set(ids).size) {
      await this.#catchUp(engineId);
      rows = await this.#runs.findMany(ids);
    }
    return rows.filter(row => row.engineId === engineId);
  }
}
