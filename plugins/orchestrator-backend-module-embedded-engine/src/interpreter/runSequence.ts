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

import type { Action, OperationState } from '../language/Definition';
import { callPure, holds, settle } from './actionCalls';
import { actionFailure, definitionIdOf } from './actionFailure';
import { type Run, RunFailure } from './Run';
import type { Outcome, SequenceFrame } from './RunState';

function nextAction(frame: SequenceFrame): void {
  frame.at += 1;
  frame.phase = 'begin';
  frame.attempt = 0;
  frame.tries = 1;
  delete frame.node;
  delete frame.wakeAt;
  delete frame.scope;
}

function due(run: Run, frame: SequenceFrame): boolean {
  if (frame.wakeAt !== undefined && run.context.now() < frame.wakeAt) {
    return false;
  }
  delete frame.wakeAt;
  return true;
}

/** After its call, an action sleeps or is done. */
function finish(run: Run, frame: SequenceFrame, action: Action): void {
  if (action.sleepAfter !== undefined && frame.phase !== 'after') {
    frame.phase = 'after';
    frame.wakeAt = run.context.now() + action.sleepAfter;
    return;
  }
  run.leave(frame.node);
  nextAction(frame);
}

/** Takes one step of a sequence; false where it has to wait. */
async function step(
  run: Run,
  state: OperationState,
  frame: SequenceFrame,
  outcome: Outcome | undefined,
  shared: boolean,
): Promise<boolean> {
  const action = state.actions[frame.actions[frame.at]];
  switch (frame.phase) {
    case 'begin':
      run.spend();
      if (!(await holds(run, state, frame, action))) {
        nextAction(frame);
        return true;
      }
      frame.node = run.enter(
        action.name,
        'action',
        definitionIdOf(state, action),
      );
      frame.phase = 'call';
      if (action.sleepBefore !== undefined) {
        frame.phase = 'before';
        frame.wakeAt = run.context.now() + action.sleepBefore;
      }
      return true;
    case 'before':
    case 'backoff':
      if (!due(run, frame)) {
        return false;
      }
      frame.phase = 'call';
      return true;
    case 'call':
      // A node that failed and is run again is a new one.
      frame.node ??= run.enter(
        action.name,
        'action',
        definitionIdOf(state, action),
      );
      if (action.call.kind === 'rest') {
        frame.phase = 'pending';
        if (shared) {
          frame.scope = run.state.data;
        }
        return true;
      }
      if ((await callPure(run, state, frame, action)) === 'done') {
        finish(run, frame, action);
      }
      return true;
    case 'pending':
      if (outcome === undefined) {
        return false;
      }
      delete frame.scope;
      if ((await settle(run, state, frame, action, outcome)) === 'done') {
        finish(run, frame, action);
      }
      return true;
    default:
      if (!due(run, frame)) {
        return false;
      }
      finish(run, frame, action);
      return true;
  }
}

/** A sequence of actions that is to begin. */
export function newSequence(actions: number[], group = 0): SequenceFrame {
  return {
    kind: 'sequence',
    actions,
    group,
    at: 0,
    phase: 'begin',
    attempt: 0,
    tries: 1,
  };
}

/**
 * Takes the steps of a sequence that can be taken now.
 *
 * @param outcome - what the call came to for which the sequence waits
 * @param shared - whether other sequences go on beside it
 * @returns whether it is done
 * @throws RunFailure where an action failed; the sequence then stands before its call
 */
export async function runSequence(
  run: Run,
  state: OperationState,
  frame: SequenceFrame,
  outcome: Outcome | undefined,
  shared: boolean,
): Promise<boolean> {
  let pending = outcome;
  while (frame.at < frame.actions.length) {
    const waiting = frame.phase === 'pending';
    try {
      if (!(await step(run, state, frame, pending, shared))) {
        return false;
      }
    } catch (error) {
      throw rewind(run, state, frame, error);
    }
    if (waiting) {
      pending = undefined;
    }
  }
  return true;
}

/** Sets a sequence back to before the call that failed, so that the run can be retriggered there. */
function rewind(
  run: Run,
  state: OperationState,
  frame: SequenceFrame,
  error: unknown,
): unknown {
  if (!(error instanceof RunFailure)) {
    return error;
  }
  const failure =
    error.node === undefined
      ? actionFailure(error.failure, state, frame)
      : error;
  if (frame.node !== undefined) {
    run.leave(frame.node, failure.message);
    frame.phase = 'call';
  }
  frame.attempt = 0;
  frame.tries = 1;
  delete frame.node;
  delete frame.wakeAt;
  delete frame.scope;
  return failure;
}
