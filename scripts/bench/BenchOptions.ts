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

import { Bounds } from './Bounds';

/** How much is measured. */
export interface BenchOptions {
  /** How often each measurement is repeated; the others take their turns in between. */
  readonly rounds: number;
  /** How long one measurement takes at the most. */
  readonly seconds: number;
  /** How many requests are under way at a time. */
  readonly concurrency: number;
  /** How many plugin tokens are signed for one measurement. */
  readonly freshTokens: number;
  /** The sizes of the lists, in runs. */
  readonly listSizes: readonly number[];
  /** The sizes of the Data Indexes, in runs. */
  readonly remoteSizes: readonly number[];
  /** How many managed tokens are stored beside the one that is used; none at first. */
  readonly storedTokens: readonly [none: 0, many: number];
  /** How many workflows the engine runs for one measurement. */
  readonly engineRuns: number;
  /** How many runs wait at a time, to see what that costs, by the name of the database. */
  readonly waitingRuns: Readonly<Record<string, number>>;
  /** How many runs are stored to see what they take. */
  readonly storedRuns: number;
  /** What the figures are held against. */
  readonly bounds: Bounds;
  /** A PostgreSQL server to measure on as well. */
  readonly postgres?: string;
}

/** What a bench that is worth reading measures. */
export const fullBench: BenchOptions = {
  rounds: 7,
  seconds: 2,
  concurrency: 8,
  freshTokens: 1_500,
  listSizes: [1_000, 100_000, 1_000_000],
  remoteSizes: [1_000, 100_000],
  storedTokens: [0, 1_000_000],
  engineRuns: 500,
  waitingRuns: { SQLite: 10_000, PostgreSQL: 10_000 },
  storedRuns: 1_000_000,
  bounds: new Bounds(true),
};

/** Just enough to see that all of it runs. */
export const smokeBench: BenchOptions = {
  rounds: 1,
  seconds: 0.3,
  concurrency: 4,
  freshTokens: 30,
  listSizes: [300, 1_000],
  remoteSizes: [200, 600],
  storedTokens: [0, 1_000],
  engineRuns: 10,
  // What they take is memory of this process, whatever the database: on one of them all are worth their time.
  waitingRuns: { SQLite: 10_000, PostgreSQL: 1_000 },
  storedRuns: 1_000,
  bounds: new Bounds(false),
};
