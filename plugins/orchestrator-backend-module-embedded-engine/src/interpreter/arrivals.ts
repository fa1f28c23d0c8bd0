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

import type { Outcome } from './failures';
import { type SequenceFrame, type WorkflowFrame, sequencesOf } from './frames';
import { currentAction } from './nodes';
import type { Run } from './Run';
import type { RunEvent } from './RunEvent';
import { callKey } from './RunState';
import { fits } from './waits';

/** What came for sequences that wait. */
export type Arrivals = ReadonlyMap<SequenceFrame, Outcome>;

function outcomeFor(
  run: Run,
  frame: WorkflowFrame,
  sequence: SequenceFrame,
  given: RunEvent | undefined,
): Outcome | undefined {
  const { arrived, phase } = sequence;
  if (phase === 'pending') {
    if (given?.kind === 'result' && given.key === callKey(sequence)) {
      return given.outcome;
    }
    return arrived;
  }
  if (phase === 'waiting' && given?.kind === 'event') {
    const state = run.definition.states.get(frame.state);
    const call = currentAction(state, sequence)?.call;
    const awaited = call?.kind === 'event' ? call.awaits : undefined;
    if (
      awaited !== undefined &&
      fits(run.definition, awaited, given.event, given.name)
    ) {
      return { value: given.event.data ?? null };
    }
  }
  return undefined;
}

/** What came for the sequences of a state. An event comes for all that wait for it. */
export function arrivalsFor(
  run: Run,
  frame: WorkflowFrame,
  given: RunEvent | undefined,
): Arrivals {
  const arrivals = new Map<SequenceFrame, Outcome>();
  for (const sequence of sequencesOf(frame.body)) {
    const outcome = outcomeFor(run, frame, sequence, given);
    delete sequence.arrived;
    if (outcome !== undefined) {
      arrivals.set(sequence, outcome);
    }
  }
  return arrivals;
}
