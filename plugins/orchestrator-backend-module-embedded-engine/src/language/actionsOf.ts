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

import type { Action, State } from './Definition';

/** All actions of a state. */
export function actionsOf(state: State): readonly Action[] {
  switch (state.type) {
    case 'operation':
    case 'foreach':
      return state.actions;
    case 'parallel':
      return state.branches.flatMap(({ actions }) => actions);
    case 'event':
      return state.onEvents.flatMap(({ actions }) => actions);
    case 'callback':
      return state.action === undefined ? [] : [state.action];
    default:
      return [];
  }
}
