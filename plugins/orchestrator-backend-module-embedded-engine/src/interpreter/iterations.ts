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

import type { JsonValue } from '@backstage/types';
import type { ForEachFrame, SequenceFrame } from './frames';
import { type Run, RunFailure } from './Run';

/** What iterations may hold beside the data, as a multiple of what the data may be. */
const HELD_PER_STATE = 4;

/** @throws RunFailure where items and results of iterations are more than a run may hold */
export function checkHeld(run: Run, body: ForEachFrame): void {
  const length = body.children.reduce(
    (sum, { previousLength }) => sum + (previousLength ?? 0),
    body.length,
  );
  const most = run.context.limits.maxStateLength * HELD_PER_STATE;
  if (length > most) {
    throw new RunFailure({
      kind: 'limit',
      message: `The items and results of the iterations of the run are larger than ${most} characters`,
    });
  }
}

/** Keeps the last result of an iteration, for its next action and for the collection of outputs. */
export function keepResult(
  run: Run,
  frame: SequenceFrame,
  result: JsonValue,
): void {
  frame.previous = result;
  frame.previousLength = JSON.stringify(result).length;
  const body = run.state.frame?.body;
  if (body?.kind === 'forEach') {
    checkHeld(run, body);
  }
}
