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

/** Which runs a Data Index of the bench has. */
export interface RemoteRuns {
  readonly runs: number;
  /** The ref of whom a share of the runs belongs to. */
  readonly owner: string;
  readonly owned: number;
  readonly workflows: number;
  readonly workflowPrefix: string;
}

/** The id of one of the runs, which are numbered from 0 in the order of their last change. */
export function remoteRunId(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
}
