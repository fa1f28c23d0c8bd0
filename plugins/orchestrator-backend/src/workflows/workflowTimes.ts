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

/** How long things take at most, and how often others are done; milliseconds. */
export interface WorkflowTimes {
  /** Of one call to an engine. */
  readonly engineTimeout: number;
  /** Between two looks at the definitions of all engines. */
  readonly catalogInterval: number;
  /** Between two looks at the changes of an engine that gives no hint. */
  readonly feedInterval: number;
  /** Between two looks for starts whose answer was lost. */
  readonly reconcileInterval: number;
  /** Until a start of an engine that makes ids is given up where no run of it turns up. */
  readonly lostAfter: number;
  /** Until a run whose start was given up does not get its owner any more. */
  readonly forgetAfter: number;
  /** Between two comparisons of the index with an engine that can lose runs. */
  readonly checkInterval: number;
  /** That the start of the plugin waits for the index to catch up; what is left is caught up with in the background. */
  readonly catchUpTime: number;
  /** Of the end of each engine, and of the work that follows it. */
  readonly stopTime: number;
}

/** As long as a portal needs. */
export const DEFAULT_TIMES: WorkflowTimes = {
  engineTimeout: 15_000,
  catalogInterval: 5_000,
  feedInterval: 2_000,
  reconcileInterval: 5_000,
  lostAfter: 600_000,
  forgetAfter: 7 * 24 * 3_600_000,
  checkInterval: 600_000,
  catchUpTime: 5_000,
  stopTime: 7_000,
};
