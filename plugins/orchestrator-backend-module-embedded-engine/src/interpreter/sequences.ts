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

import type { SequenceFrame } from './frames';
import { actionNode } from './nodes';
import type { Run } from './Run';

/** Whether a time is there that has come. */
export function isOver(run: Run, time: number | undefined): boolean {
  return time !== undefined && run.context.now() >= time;
}

/** Whether nothing is to be done for a sequence now for which nothing came. */
export function isIdle(run: Run, frame: SequenceFrame): boolean {
  if (isOver(run, frame.deadline)) {
    return false;
  }
  switch (frame.phase) {
    case 'pending':
    case 'waiting':
      return !isOver(run, frame.callDeadline);
    case 'before':
    case 'backoff':
    case 'after':
      return frame.wakeAt !== undefined && !isOver(run, frame.wakeAt);
    default:
      return false;
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

/** Ends a call that is under way or has failed; it is to be made anew. What sleeps goes on with that. */
export function endCall(
  run: Run,
  state: string,
  action: string,
  frame: SequenceFrame,
  error: string,
): void {
  if (frame.phase === 'before' || frame.phase === 'after') {
    return;
  }
  if (frame.node !== undefined) {
    run.leave(actionNode(state, action, frame), error);
    frame.phase = 'call';
  }
  frame.attempt = 0;
  frame.tries = 1;
  delete frame.node;
  delete frame.since;
  delete frame.wakeAt;
  delete frame.callDeadline;
  delete frame.scope;
  delete frame.child;
  delete frame.arrived;
}
