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
import type { JsonObject } from '@backstage/types';
import type { Records } from '../interpreter/Run';
import type { RunState } from '../interpreter/RunState';

/** A run in error for a reason of the engine's own: it stays where it stands, and can be retriggered there. */
export function broken(
  state: RunState,
  message: string,
  now: number,
): { readonly state: RunState; readonly records: Records } {
  const error = { node: state.frame?.state ?? '', message };
  return {
    state: { ...state, status: 'ERROR', error, events: state.events + 1 },
    records: {
      entered: [],
      ended: new Map(),
      lines: [],
      produced: [],
      history: [
        {
          kind: 'state',
          time: now,
          detail: { state: 'ERROR', error: error as JsonObject },
        },
      ],
    },
  };
}
