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

import type { Action, State } from '../language/Definition';
import { definitionIdOf } from './nodes';
import { RunFailure, type Surroundings } from './Run';
import { callKey, type Failure } from './RunState';
import type { SequenceFrame } from './frames';

/** Actions that go one after another, and what stands around them. */
export interface ActionGroup {
  readonly state: State;
  readonly actions: readonly Action[];
  /** Whether it is an iteration of a foreach state, which keeps the last result. */
  readonly iterates: boolean;
  /** Whether results go into the data where no action says where to. */
  readonly merges: boolean;
  /** What its expressions see of the iteration. */
  around(frame: SequenceFrame): Surroundings;
}

const NOTHING: Surroundings = { variables: {} };

function actionsOf(state: State, group: number): readonly Action[] {
  switch (state.type) {
    case 'operation':
      return state.actions;
    case 'parallel':
      return state.branches[group].actions;
    case 'event':
      return state.onEvents[group].actions;
    case 'callback':
      return state.action === undefined ? [] : [state.action];
    default:
      return [];
  }
}

/** The actions of a sequence that is no iteration. */
export function groupOf(state: State, { group }: SequenceFrame): ActionGroup {
  return {
    state,
    actions: actionsOf(state, group),
    iterates: false,
    merges: true,
    around: () => NOTHING,
  };
}

/** An action failed; the handlers of its state decide what becomes of the run. */
export function actionFailure(
  failure: Failure,
  group: ActionGroup,
  frame: SequenceFrame,
): RunFailure {
  const action = group.actions[frame.actions[frame.at]];
  return new RunFailure(failure, {
    node: definitionIdOf(group.state.name, action.name),
    instance: frame.node,
    child:
      failure.kind === 'child' && frame.node !== undefined
        ? callKey(frame)
        : undefined,
  });
}
