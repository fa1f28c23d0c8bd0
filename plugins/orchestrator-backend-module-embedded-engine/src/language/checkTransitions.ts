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

/** Where a state may go. */
function nexts(state: State): readonly Next[] {
  switch (state.type) {
    case 'inject':
      return [state.next];
    case 'switch':
      return [
        ...state.conditions.map(({ next }) => next),
        ...state.eventConditions.map(({ next }) => next),
        ...state.handlers.map(({ next }) => next),
        ...(state.fallback ? [state.fallback] : []),
      ];
    default:
      return [state.next, ...state.handlers.map(({ next }) => next)];
  }
}

/** Compensation undoes states in states that are there for that alone. */
function checkCompensation(
  compilation: Compilation,
  states: ReadonlyMap<string, State>,
  state: State,
): void {
  const path = at('', 'states', state.name);
  const { compensatedBy } = state;
  if (compensatedBy !== undefined) {
    const undoing = states.get(compensatedBy);
    if (undoing === undefined) {
      compilation.fault(
        at(path, 'compensatedBy'),
        `there is no state ${JSON.stringify(compensatedBy)}`,
      );
    } else if (!undoing.compensates) {
      compilation.fault(
        at(path, 'compensatedBy'),
        `state ${compensatedBy} must have usedForCompensation: true`,
      );
    }
  }
  for (const next of nexts(state)) {
    const target = next.kind === 'transition' ? states.get(next.to) : undefined;
    if (target !== undefined && target.compensates !== state.compensates) {
      compilation.fault(
        path,
        state.compensates
          ? `is used for compensation and can go only to others that are, not to ${target.name}`
          : `cannot go to ${target.name}, which is used for compensation`,
      );
    }
    if (state.compensates && next.compensate) {
      compilation.fault(
        path,
        'is used for compensation and cannot ask for compensation',
      );
    }
  }
}

/**
 * Each transition leads to a state, and each state can be reached: from the start, or as the compensation of one that can.
 *
 * @param runBefore - the state to run before the run is ended by its time-out
 */
export function checkTransitions(
  compilation: Compilation,
  states: ReadonlyMap<string, State>,
  start: string,
  runBefore: string | undefined,
): void {
  if (!states.has(start)) {
    compilation.fault('/start', `there is no state ${JSON.stringify(start)}`);
    return;
  }
  if (states.get(start)?.compensates) {
    compilation.fault('/start', `${start} is used for compensation`);
  }
  if (runBefore !== undefined && !states.has(runBefore)) {
    compilation.fault(
      '/timeouts/workflowExecTimeout/runBefore',
      `there is no state ${JSON.stringify(runBefore)}`,
    );
  }
  const reached = new Set<string>();
  const open = [start];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const state = states.get(name);
    if (state !== undefined && !reached.has(name)) {
      reached.add(name);
      if (state.compensatedBy !== undefined) {
        open.push(state.compensatedBy);
      }
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
  for (const [name, state] of states) {
    checkCompensation(compilation, states, state);
    if (!reached.has(name)) {
      compilation.fault(at('', 'states', name), 'is reached by no transition');
    }
  }
}
