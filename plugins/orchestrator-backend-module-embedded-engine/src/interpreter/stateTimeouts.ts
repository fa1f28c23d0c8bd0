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

import type { State } from '../language/Definition';
import { sequencesOf, type WorkflowFrame } from './frames';
import { currentAction, patience } from './nodes';
import { type Run, RunFailure } from './Run';
import { endCall } from './sequences';

/** Milliseconds that a state may take. */
function timeoutOf(state: State): number | undefined {
  return 'timeout' in state ? state.timeout : undefined;
}

/** Sets the time of a state that begins, or is taken on again. */
export function setDeadline(
  run: Run,
  frame: WorkflowFrame,
  state: State | undefined,
): void {
  const timeout = state && timeoutOf(state);
  if (timeout !== undefined) {
    frame.deadline = run.context.now() + timeout;
  }
}

/**
 * Fails a state whose time is over. The calls under way are to be made anew, should the run be retriggered.
 *
 * @throws RunFailure
 */
export function failLate(run: Run, frame: WorkflowFrame, state: State): void {
  if (frame.deadline === undefined || run.context.now() < frame.deadline) {
    return;
  }
  const message = `State ${state.name} was not done within ${timeoutOf(
    state,
  )} ms`;
  for (const sequence of sequencesOf(frame.body)) {
    const action = currentAction(state, sequence);
    if (action !== undefined) {
      endCall(run, state.name, action.name, sequence, message);
    }
  }
  throw new RunFailure({ kind: 'timeout', message });
}

/** Begins all times anew that are there to end what takes too long: whoever takes a run on again grants them. */
export function renewDeadlines(run: Run): void {
  const { frame } = run.state;
  const now = run.context.now();
  const { timeout } = run.definition;
  if (timeout !== undefined && run.state.expired === undefined) {
    run.state.deadline = now + timeout.duration;
  }
  const state = frame && run.definition.states.get(frame.state);
  if (frame === undefined || state === undefined) {
    return;
  }
  if (frame.phase === 'body') {
    setDeadline(run, frame, state);
  }
  const { body } = frame;
  if (
    (body?.kind === 'events' || body?.kind === 'callback') &&
    body.wakeAt !== undefined &&
    'eventTimeout' in state &&
    state.eventTimeout !== undefined
  ) {
    body.wakeAt = now + state.eventTimeout;
  }
  for (const sequence of sequencesOf(body)) {
    const branch =
      state.type === 'parallel' ? state.branches[sequence.group] : undefined;
    if (branch?.timeout !== undefined) {
      sequence.deadline = now + branch.timeout;
    }
    const action = currentAction(state, sequence);
    const answerTime = action && patience(action);
    if (sequence.callDeadline !== undefined && answerTime !== undefined) {
      sequence.callDeadline = now + answerTime;
    }
  }
}
