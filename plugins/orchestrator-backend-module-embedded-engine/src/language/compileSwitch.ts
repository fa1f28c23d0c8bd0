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
import type { StateContext } from './StateContext';
import { readHandlers } from './compileErrors';
import { readTimeouts } from './compileTimeouts';
import type { State, SwitchState } from './Definition';

function readDataConditions(
  compilation: Compilation,
  path: string,
  state: JsonObject,
  { next }: StateContext,
): SwitchState['conditions'] {
  return compilation
    .list(at(path, 'dataConditions'), state.dataConditions)
    .flatMap((declared, i) => {
      const where = at(path, 'dataConditions', i);
      compilation.keys(where, declared, [
        'name',
        'condition',
        'transition',
        'end',
        'metadata',
      ]);
      if (declared.condition === undefined) {
        compilation.fault(where, 'must have a condition');
      }
      const expression = compilation.expression(
        at(where, 'condition'),
        declared.condition,
      );
      const goes = next.read(where, declared);
      return expression === undefined || goes === undefined
        ? []
        : [{ expression, next: goes }];
    });
}

function readEventConditions(
  compilation: Compilation,
  path: string,
  state: JsonObject,
  { events, next }: StateContext,
): SwitchState['eventConditions'] {
  return compilation
    .list(at(path, 'eventConditions'), state.eventConditions)
    .flatMap((declared, i) => {
      const where = at(path, 'eventConditions', i);
      compilation.keys(where, declared, [
        'name',
        'eventRef',
        'eventDataFilter',
        'transition',
        'end',
        'metadata',
      ]);
      const event = events.awaited(at(where, 'eventRef'), declared.eventRef);
      const filter = events.filter(
        at(where, 'eventDataFilter'),
        declared.eventDataFilter,
      );
      const goes = next.read(where, declared);
      return event === undefined || goes === undefined
        ? []
        : [{ event, filter, next: goes }];
    });
}

/**
 * Reads a switch on data or on events.
 *
 * @param base - what it has of every state
 */
export function readSwitch(
  compilation: Compilation,
  path: string,
  base: Pick<SwitchState, 'name' | 'compensates' | 'compensatedBy'>,
  state: JsonObject,
  context: StateContext,
): State | undefined {
  if (state.stateDataFilter !== undefined) {
    compilation.fault(
      at(path, 'stateDataFilter'),
      'stateDataFilter is not supported on a switch',
    );
  }
  const onEvents = state.eventConditions !== undefined;
  if (onEvents === (state.dataConditions !== undefined)) {
    compilation.fault(path, 'must have dataConditions or eventConditions');
  }
  const timeouts = readTimeouts(
    compilation,
    at(path, 'timeouts'),
    state.timeouts,
    onEvents ? ['state', 'event'] : ['state'],
    context.timeouts,
  );
  const where = at(path, 'defaultCondition');
  const declared = compilation.object(where, state.defaultCondition);
  const fallback = declared && context.next.read(where, declared);
  if (declared !== undefined) {
    compilation.keys(where, declared, ['name', 'transition', 'end']);
  }
  if (onEvents && declared !== undefined && timeouts.event === undefined) {
    compilation.fault(
      at(path, 'eventConditions'),
      'must have an eventTimeout, after which the defaultCondition holds',
    );
  }
  if (!onEvents && state.onErrors !== undefined) {
    compilation.warn(
      at(path, 'onErrors'),
      'has no effect: a condition that fails is not caught, as in SonataFlow',
    );
  }
  const handlers = readHandlers(
    compilation,
    at(path, 'onErrors'),
    state.onErrors,
    context,
  );
  return {
    ...base,
    type: 'switch',
    conditions: readDataConditions(compilation, path, state, context),
    eventConditions: readEventConditions(compilation, path, state, context),
    handlers: onEvents ? handlers : [],
    timeout: onEvents ? timeouts.state : undefined,
    eventTimeout: timeouts.event,
    fallback,
  };
}
