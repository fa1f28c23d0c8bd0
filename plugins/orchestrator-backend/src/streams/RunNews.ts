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

import type { EngineRunEvent } from '@flowgate/backstage-plugin-orchestrator-node';

/** A part of what happened in a run. */
export interface RunNews {
  readonly events: readonly EngineRunEvent[];
  /** The place behind these events; undefined where the run has none yet. */
  readonly cursor?: string;
  /** The run has ended, and the events reach to its end. */
  readonly ended: boolean;
  /** There are more events behind these. */
  readonly hasMore: boolean;
}

/** A place in what happened in a run. */
export interface RunPlace {
  readonly runId: string;
  readonly cursor?: string;
}

/** Where the news of the runs of one engine come from. */
export interface NewsSource {
  /**
   * What happened in a run behind a place.
   *
   * @param caller - the ref of whom it is asked for
   * @returns undefined where the run is not there any more
   * @throws OrchestratorError `request.invalid` where there is no such place, and whatever engines answer
   */
  read(place: RunPlace, caller: string): Promise<RunNews | undefined>;
  /** Of some places, those behind which there may be something: one question for all of them. */
  behind<T extends RunPlace>(places: readonly T[]): Promise<readonly T[]>;
}
