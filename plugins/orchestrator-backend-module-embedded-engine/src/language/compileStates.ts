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

import type { JsonObject, JsonValue } from '@backstage/types';
import { at, type Compilation } from './Compilation';
import { readAction, type StateContext } from './compileActions';
import { readHandlers } from './compileErrors';
import { readDuration } from './compileRetries';
import type { Next, State } from './Definition';
import { isObject } from './merge';

const COMMON = [
  'name',
  'type',
  'metadata',
  'transition',
  'end',
  'stateDataFilter',
];
const UNSUPPORTED = {
  timeouts: 'timeouts of a state',
  compensatedBy: 'compensation (compensatedBy)',
  usedForCompensation: 'compensation (usedForCompensation)',
};

const PLAIN_END: Next = {
  kind: 'end',
  produce: [],
  compensate: false,
  terminate: false,
};

function readTransition(
  compilation: Compilation,
  path: string,
  value: JsonValue,
): Next | undefined {
  const transition = typeof value === 'string' ? { nextState: value } : value;
  if (!isObject(transition)) {
    compilation.fault(path, 'must be the name of a state or an object');
    return undefined;
  }
  compilation.keys(path, transition, ['nextState'], {
    produceEvents: 'produceEvents',
    compensate: 'compensation (compensate)',
  });
  const to = compilation.text(at(path, 'nextState'), transition.nextState);
  return to === undefined
    ? undefined
    : { kind: 'transition', to, produce: [], compensate: false };
}

/** Reads `transition` or `end`, one of which must be there. */
export function readNext(
  compilation: Compilation,
  path: string,
  holder: JsonObject,
): Next | undefined {
  if (holder.transition !== undefined && holder.transition !== null) {
    return readTransition(
      compilation,
      at(path, 'transition'),
      holder.transition,
    );
  }
  if (isObject(holder.end)) {
    compilation.keys(at(path, 'end'), holder.end, ['terminate'], {
      produceEvents: 'produceEvents',
      compensate: 'compensation (compensate)',
      continueAs: 'continueAs',
    });
    return {
      kind: 'end',
      produce: [],
      compensate: false,
      terminate: holder.end.terminate === true,
    };
  }
  if (holder.end === true) {
    return PLAIN_END;
  }
  compilation.fault(path, 'has neither a transition nor an end');
  return undefined;
}

function readConditions(
  compilation: Compilation,
  path: string,
  state: JsonObject,
) {
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
      const next = readNext(compilation, where, declared);
      return expression === undefined || next === undefined
        ? []
        : [{ expression, next }];
    });
}

function readSwitch(
  compilation: Compilation,
  path: string,
  name: string,
  state: JsonObject,
): State | undefined {
  compilation.keys(
    path,
    state,
    [...COMMON, 'dataConditions', 'defaultCondition'],
    {
      ...UNSUPPORTED,
      eventConditions: 'switch on events (eventConditions)',
      onErrors: 'onErrors of a switch',
    },
  );
  if (state.stateDataFilter !== undefined) {
    compilation.fault(
      at(path, 'stateDataFilter'),
      'stateDataFilter is not supported on a switch',
    );
  }
  const fallback = compilation.object(
    at(path, 'defaultCondition'),
    state.defaultCondition,
  );
  const conditions = readConditions(compilation, path, state);
  if (
    state.dataConditions === undefined &&
    state.eventConditions === undefined
  ) {
    compilation.fault(path, 'must have dataConditions');
  }
  return {
    type: 'switch',
    name,
    compensates: false,
    eventConditions: [],
    handlers: [],
    conditions,
    fallback:
      fallback && readNext(compilation, at(path, 'defaultCondition'), fallback),
  };
}

function readErrorMessage(
  compilation: Compilation,
  path: string,
  state: JsonObject,
) {
  const metadata = compilation.object(at(path, 'metadata'), state.metadata);
  const value = metadata?.errorMessage;
  if (value === undefined || typeof value !== 'string') {
    return undefined;
  }
  // A switch and a state that does not end have no error message of their own.
  return state.end === undefined || state.end === false
    ? undefined
    : compilation.arguments(at(path, 'metadata', 'errorMessage'), value, {});
}

/** Reads one state. */
export function readState(
  compilation: Compilation,
  path: string,
  name: string,
  state: JsonObject,
  context: StateContext,
): State | undefined {
  if (state.type === 'switch') {
    return readSwitch(compilation, path, name, state);
  }
  if (!['operation', 'inject', 'sleep'].includes(String(state.type))) {
    compilation.fault(
      at(path, 'type'),
      `state type ${JSON.stringify(
        state.type ?? null,
      )} is not supported by the embedded engine`,
    );
    return undefined;
  }
  const filter =
    compilation.object(at(path, 'stateDataFilter'), state.stateDataFilter) ??
    {};
  compilation.keys(at(path, 'stateDataFilter'), filter, ['input', 'output']);
  const next = readNext(compilation, path, state);
  const base = {
    name,
    input: compilation.expression(
      at(path, 'stateDataFilter', 'input'),
      filter.input,
    ),
    output: compilation.expression(
      at(path, 'stateDataFilter', 'output'),
      filter.output,
    ),
    errorMessage: readErrorMessage(compilation, path, state),
    next: next ?? PLAIN_END,
    compensates: false,
  };
  if (state.type === 'inject') {
    compilation.keys(path, state, [...COMMON, 'data'], {
      ...UNSUPPORTED,
      onErrors: 'onErrors of an inject state',
    });
    if (state.data === undefined) {
      compilation.fault(path, 'must have data');
    }
    return { ...base, type: 'inject', data: state.data ?? {} };
  }
  if (state.type === 'sleep') {
    compilation.keys(
      path,
      state,
      [...COMMON, 'duration', 'onErrors'],
      UNSUPPORTED,
    );
    if (state.duration === undefined) {
      compilation.fault(path, 'must have a duration');
    }
    return {
      ...base,
      type: 'sleep',
      duration:
        readDuration(compilation, at(path, 'duration'), state.duration) ?? 0,
    };
  }
  return readOperation(compilation, path, state, base, context);
}

function readOperation(
  compilation: Compilation,
  path: string,
  state: JsonObject,
  base: Pick<
    Extract<State, { type: 'operation' }>,
    'name' | 'input' | 'output' | 'errorMessage' | 'next' | 'compensates'
  >,
  context: StateContext,
): State {
  compilation.keys(
    path,
    state,
    [...COMMON, 'actions', 'actionMode', 'onErrors'],
    UNSUPPORTED,
  );
  const mode = state.actionMode ?? 'sequential';
  if (mode !== 'sequential' && mode !== 'parallel') {
    compilation.fault(at(path, 'actionMode'), 'must be sequential or parallel');
  }
  const actions = compilation.list(at(path, 'actions'), state.actions);
  if (actions.length === 0) {
    compilation.fault(path, 'must have actions');
  }
  return {
    ...base,
    type: 'operation',
    parallel: mode === 'parallel',
    actions: actions.flatMap(
      (action, i) =>
        readAction(compilation, at(path, 'actions', i), action, i, context) ??
        [],
    ),
    handlers: readHandlers(
      compilation,
      at(path, 'onErrors'),
      state.onErrors,
      context.errors,
      (where, holder) => readNext(compilation, where, holder),
    ),
  };
}
