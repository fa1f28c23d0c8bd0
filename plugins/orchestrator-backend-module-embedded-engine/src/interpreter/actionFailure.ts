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
import { RunFailure } from './Run';
import type { Failure, SequenceFrame } from './RunState';

/** The name of an action in its definition. */
export function definitionIdOf(state: OperationState, action: Action): string {
  return `${state.name}/${action.name}`;
}

/** An action failed; the handlers of its state decide what becomes of the run. */
export function actionFailure(
  failure: Failure,
  state: OperationState,
  frame: SequenceFrame,
): RunFailure {
  const action = state.actions[frame.actions[frame.at]];
  return new RunFailure(failure, definitionIdOf(state, action), frame.node);
}
