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
import type { DataIndex } from './DataIndex';

/** Milliseconds between two lines in the log. */
const PAUSE = 10_000;

/** Tells in the log how the first reading of all runs goes on. */
export class FillProgress {
  readonly #dataIndex: DataIndex;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  #began: number | undefined;
  #toldAt = 0;
  #total: number | undefined;
  #runs = 0;

  constructor(dataIndex: DataIndex, logger: LoggerService, now: () => number) {
    this.#dataIndex = dataIndex;
    this.#logger = logger;
    this.#now = now;
  }

  /** Begins to count, where this has not begun. */
  begin(): void {
    if (this.#began !== undefined) return;
    this.#began = this.#now();
    this.#toldAt = this.#began;
    this.#runs = 0;
    this.#total = undefined;
    this.#logger.info(`${this.#dataIndex.name} fills the index`);
    // Only for the log: to count many runs can take longer than to read the first of them.
    this.#dataIndex.countAll({}).then(
      total => {
        this.#total = total;
      },
      () => {},
    );
  }

  /** Runs were stored. */
  add(runs: number): void {
    this.#runs += runs;
    const now = this.#now();
    if (this.#began === undefined || now - this.#toldAt < PAUSE) return;
    this.#toldAt = now;
    this.#logger.info(
      `${this.#dataIndex.name} fills the index: ${this.#runs}${
        this.#total === undefined ? '' : ` of about ${this.#total}`
      } runs in ${this.#seconds(now)} s`,
    );
  }

  /** All are stored. */
  end(): void {
    if (this.#began === undefined) return;
    this.#logger.info(
      `${this.#dataIndex.name} has filled the index: ${
        this.#runs
      } runs in ${this.#seconds(this.#now())} s`,
    );
    this.#began = undefined;
  }

  #seconds(now: number): number {
    return Math.round((now - (this.#began ?? now)) / 100) / 10;
  }
}
