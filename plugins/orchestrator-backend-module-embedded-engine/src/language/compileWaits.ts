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

import type { JsonObject } from '@backstage/types';
import { at, type Compilation } from './Compilation';
import { readAction, readActions } from './compileActions';
import type { StateContext, WorkingBase } from './StateContext';
import type { Timeouts } from './compileTimeouts';
import type { CallbackState, EventState } from './Definition';

/** Reads a state that waits for events. */
export function readEventState(
  compilation: Compilation,
  path: string,
  state: JsonObject,
  base: WorkingBase,
  timeouts: Timeouts,
  context: StateContext,
): EventState {
  const onEvents = compilation.list(at(path, 'onEvents'), state.onEvents);
  if (onEvents.length === 0) {
    compilation.fault(path, 'must have onEvents');
  }
  return {
    ...base,
    type: 'event',
    exclusive: state.exclusive !== false,
    eventTimeout: timeouts.event,
    onEvents: onEvents.map((declared, i) => {
      const where = at(path, 'onEvents', i);
      compilation.keys(where, declared, [
        'eventRefs',
        'actionMode',
        'actions',
        'eventDataFilter',
      ]);
      const names = Array.isArray(declared.eventRefs) ? declared.eventRefs : [];
      if (names.length === 0) {
        compilation.fault(
          at(where, 'eventRefs'),
          'must be a list of names of events',
        );
      }
      return {
        events: names.flatMap(
          (name, j) =>
            context.events.awaited(at(where, 'eventRefs', j), name) ?? [],
        ),
        parallel: readActionMode(compilation, where, declared),
        filter: context.events.filter(
          at(where, 'eventDataFilter'),
          declared.eventDataFilter,
        ),
        actions: readActions(
          compilation,
          at(where, 'actions'),
          declared.actions,
          context,
          timeouts.action,
        ),
      };
    }),
  };
}

/** Reads `actionMode`: whether actions go side by side. */
export function readActionMode(
  compilation: Compilation,
  path: string,
  { actionMode }: JsonObject,
): boolean {
  const mode = actionMode ?? 'sequential';
  if (mode !== 'sequential' && mode !== 'parallel') {
    compilation.fault(at(path, 'actionMode'), 'must be sequential or parallel');
  }
  return mode === 'parallel';
}

/** Reads a state that calls, and then waits for the event that answers. */
export function readCallback(
  compilation: Compilation,
  path: string,
  state: JsonObject,
  base: WorkingBase,
  timeouts: Timeouts,
  context: StateContext,
): CallbackState | undefined {
  const declared = compilation.object(at(path, 'action'), state.action);
  const action =
    declared &&
    readAction(
      compilation,
      at(path, 'action'),
      declared,
      0,
      context,
      timeouts.action,
    );
  const event = context.events.awaited(at(path, 'eventRef'), state.eventRef);
  const filter = context.events.filter(
    at(path, 'eventDataFilter'),
    state.eventDataFilter,
  );
  return event === undefined
    ? undefined
    : {
        ...base,
        type: 'callback',
        action,
        event,
        filter,
        eventTimeout: timeouts.event,
      };
}
