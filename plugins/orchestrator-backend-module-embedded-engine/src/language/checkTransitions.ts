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

import { at, type Compilation } from './Compilation';
import type { Next, State } from './Definition';

function nexts(state: State): Next[] {
  return state.type === 'switch'
    ? [
        ...state.conditions.map(({ next }) => next),
        ...(state.fallback ? [state.fallback] : []),
      ]
    : [
        state.next,
        ...(state.type === 'operation'
          ? state.handlers.map(({ next }) => next)
          : []),
      ];
}

/** Each transition leads to a state, and each state can be reached. */
export function checkTransitions(
  compilation: Compilation,
  states: ReadonlyMap<string, State>,
  start: string,
): void {
  if (!states.has(start)) {
    compilation.fault('/start', `there is no state ${JSON.stringify(start)}`);
    return;
  }
  const reached = new Set<string>();
  const open = [start];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const state = states.get(name);
    if (state !== undefined && !reached.has(name)) {
      reached.add(name);
      for (const next of nexts(state)) {
        if (next.kind === 'transition') {
          if (!states.has(next.to)) {
            compilation.fault(
              at('', 'states', name),
              `there is no state ${JSON.stringify(next.to)} to go to`,
            );
          }
          open.push(next.to);
        }
      }
    }
  }
  for (const name of states.keys()) {
    if (!reached.has(name)) {
      compilation.fault(at('', 'states', name), 'is reached by no transition');
    }
  }
}
