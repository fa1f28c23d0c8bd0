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

import type { Action } from '../language/Definition';
import { actionFailure, type ActionGroup } from './ActionGroup';
import { callPure, holds, settle } from './actionCalls';
import { callEvent } from './eventCalls';
import type { SequenceFrame } from './frames';
import { actionNode, definitionIdOf, patience } from './nodes';
import { type Run, RunFailure } from './Run';
import { endCall, isIdle, isOver } from './sequences';
import type { Failure, Outcome } from './RunState';

function nextAction(frame: SequenceFrame): void {
  frame.at += 1;
  frame.phase = 'begin';
  frame.attempt = 0;
  frame.tries = 1;
  delete frame.node;
  delete frame.since;
  delete frame.wakeAt;
}

function due(run: Run, frame: SequenceFrame): boolean {
  if (frame.wakeAt !== undefined && !isOver(run, frame.wakeAt)) {
    return false;
  }
  delete frame.wakeAt;
  return true;
}

/** After its call, an action sleeps or is done. */
function finish(
  run: Run,
  group: ActionGroup,
  frame: SequenceFrame,
  action: Action,
): void {
  if (action.sleepAfter !== undefined && frame.phase !== 'after') {
    frame.phase = 'after';
    frame.wakeAt = run.context.now() + action.sleepAfter;
    return;
  }
  run.leave(actionNode(group.state.name, action.name, frame));
  nextAction(frame);
}

function enter(
  run: Run,
  group: ActionGroup,
  frame: SequenceFrame,
  action: Action,
): void {
  const { seq, enter: since } = run.enter({
    name: action.name,
    type: 'action',
    definitionId: definitionIdOf(group.state.name, action.name),
  });
  frame.node = seq;
  frame.since = since;
}

async function begin(
  run: Run,
  group: ActionGroup,
  frame: SequenceFrame,
  action: Action,
): Promise<void> {
  run.spend();
  if (!(await holds(run, group, frame, action))) {
    nextAction(frame);
    return;
  }
  enter(run, group, frame, action);
  frame.phase = 'call';
  if (action.sleepBefore !== undefined) {
    frame.phase = 'before';
    frame.wakeAt = run.context.now() + action.sleepBefore;
  }
}

function expect(
  run: Run,
  frame: SequenceFrame,
  action: Action,
  phase: 'pending' | 'waiting',
): void {
  frame.phase = phase;
  const milliseconds = patience(action);
  if (milliseconds !== undefined) {
    frame.callDeadline = run.context.now() + milliseconds;
  }
}

async function call(
  run: Run,
  group: ActionGroup,
  frame: SequenceFrame,
  action: Action,
): Promise<void> {
  if (frame.node === undefined) {
    // A node that failed and is run again is a new one.
    enter(run, group, frame, action);
  }
  switch (action.call.kind) {
    case 'rest':
    case 'openapi':
    case 'subFlow':
      expect(run, frame, action, 'pending');
      return;
    case 'event': {
      const came = await callEvent(run, group, frame, action);
      if (came === 'wait') {
        expect(run, frame, action, 'waiting');
      } else if (came === 'done') {
        finish(run, group, frame, action);
      }
      return;
    }
    default:
      if ((await callPure(run, group, frame, action)) === 'done') {
        finish(run, group, frame, action);
      }
  }
}

function lateness(action: Action): Failure {
  const milliseconds = patience(action);
  return {
    kind: 'timeout',
    message:
      action.call.kind === 'event'
        ? `No event ${action.call.awaits} came within ${milliseconds} ms`
        : `Action ${action.name} was not done within ${milliseconds} ms`,
  };
}

/** Takes one step of a sequence; false where it has to wait. */
async function step(
  run: Run,
  group: ActionGroup,
  frame: SequenceFrame,
  given: Outcome | undefined,
): Promise<boolean> {
  const action = group.actions[frame.actions[frame.at]];
  switch (frame.phase) {
    case 'begin':
      await begin(run, group, frame, action);
      return true;
    case 'before':
    case 'backoff':
      if (!due(run, frame)) {
        return false;
      }
      frame.phase = 'call';
      return true;
    case 'call':
      await call(run, group, frame, action);
      return true;
    case 'pending':
    case 'waiting': {
      const late = isOver(run, frame.callDeadline);
      const outcome = given ?? (late ? { failure: lateness(action) } : given);
      if (outcome === undefined) {
        return false;
      }
      frame.phase = 'call';
      delete frame.callDeadline;
      delete frame.scope;
      if ((await settle(run, group, frame, action, outcome)) === 'done') {
        finish(run, group, frame, action);
      }
      return true;
    }
    default:
      if (!due(run, frame)) {
        return false;
      }
      finish(run, group, frame, action);
      return true;
  }
}

/**
 * Takes the steps of a sequence that can be taken now.
 *
 * @param outcome - what the call came to for which the sequence waits
 * @returns whether it is done
 * @throws RunFailure where an action failed; the sequence then stands before its call
 */
export async function runSequence(
  run: Run,
  group: ActionGroup,
  frame: SequenceFrame,
  outcome: Outcome | undefined,
): Promise<boolean> {
  let given = outcome;
  while (frame.at < frame.actions.length) {
    try {
      if (given === undefined && isOver(run, frame.deadline)) {
        throw tooLate(group, frame);
      }
      if (given === undefined && !isIdle(run, frame) && run.holdBack()) {
        return false;
      }
      if (!(await step(run, group, frame, given))) {
        return false;
      }
    } catch (error) {
      throw rewind(run, group, frame, error);
    }
    given = undefined;
  }
  return true;
}

/** The time of a branch is over. */
function tooLate({ state }: ActionGroup, { group }: SequenceFrame): RunFailure {
  const branch = state.type === 'parallel' ? state.branches[group] : undefined;
  return new RunFailure(
    {
      kind: 'timeout',
      message: `Branch ${branch?.name} was not done within ${branch?.timeout} ms`,
    },
    { node: definitionIdOf(state.name, branch?.name ?? String(group)) },
  );
}

/** Sets a sequence back to before the call that failed, so that the run can be retriggered there. */
function rewind(
  run: Run,
  group: ActionGroup,
  frame: SequenceFrame,
  error: unknown,
): unknown {
  if (!(error instanceof RunFailure)) {
    return error;
  }
  const failure =
    error.node === undefined
      ? actionFailure(error.failure, group, frame)
      : error;
  const action = group.actions[frame.actions[frame.at]];
  endCall(run, group.state.name, action.name, frame, failure.message);
  if (failure.child !== undefined) {
    frame.child = failure.child;
  }
  return failure;
}
