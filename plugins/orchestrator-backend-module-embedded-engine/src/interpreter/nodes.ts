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

import { type Action, actionAt, type State } from '../language/Definition';
import { type SequenceFrame, sequencesOf, type WorkflowFrame } from './frames';
import type { NodeEntry } from './records';
import type { Run } from './Run';

/** The action at which a sequence stands. */
export function currentAction(
  state: State | undefined,
  { actions, at, group }: SequenceFrame,
): Action | undefined {
  return actionAt(state, { group, action: actions[at] });
}

/** Milliseconds that what an action waits for may take. */
export function patience({ call, timeout }: Action): number | undefined {
  return call.kind === 'event' ? call.awaitTimeout ?? timeout : timeout;
}

/** The name of an action in its definition. */
export function definitionIdOf(state: string, action: string): string {
  return `${state}/${action}`;
}

/** The node of a state that a run is in; undefined where it has none yet. */
export function stateNode(
  frame: WorkflowFrame,
  state: State | undefined,
): NodeEntry | undefined {
  return frame.node === undefined
    ? undefined
    : {
        seq: frame.node,
        name: frame.state,
        type: state?.type ?? 'unknown',
        definitionId: frame.state,
        enter: frame.since ?? 0,
      };
}

/** The node of the action at which a sequence stands; undefined where it has not begun. */
export function actionNode(
  state: string,
  action: string,
  { node, since }: SequenceFrame,
): NodeEntry | undefined {
  return node === undefined
    ? undefined
    : {
        seq: node,
        name: action,
        type: 'action',
        definitionId: definitionIdOf(state, action),
        enter: since ?? 0,
      };
}

/** Leaves the nodes of actions that end unfinished with their state, or with their sequences. */
export function leaveActions(
  run: Run,
  frame: WorkflowFrame,
  ended: readonly SequenceFrame[] = sequencesOf(frame.body),
): void {
  const state = run.definition.states.get(frame.state);
  for (const sequence of ended) {
    const name = currentAction(state, sequence)?.name ?? 'unknown';
    run.leave(actionNode(frame.state, name, sequence));
  }
}
