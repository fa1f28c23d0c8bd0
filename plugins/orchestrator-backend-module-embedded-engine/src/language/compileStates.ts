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
import { readActions } from './compileActions';
import { readHandlers } from './compileErrors';
import { readForEach, readParallel } from './compileFanOuts';
import { PLAIN_END } from './compileNext';
import { readDuration } from './compileRetries';
import { readSwitch } from './compileSwitch';
import { readTimeouts, type Timeouts } from './compileTimeouts';
import { readActionMode, readCallback, readEventState } from './compileWaits';
import type { State } from './Definition';
import type { StateContext, WorkingBase } from './StateContext';

const COMMON = [
  'name',
  'type',
  'metadata',
  'transition',
  'end',
  'stateDataFilter',
  'compensatedBy',
  'usedForCompensation',
  'timeouts',
];

/** What each type of state has beside, and the time-outs that it can have. */
const TYPES: {
  readonly [type in State['type']]: {
    readonly keys: readonly string[];
    readonly timeouts: readonly (keyof Timeouts)[];
  };
} = {
  operation: {
    keys: ['actions', 'actionMode', 'onErrors'],
    timeouts: ['state', 'action'],
  },
  parallel: {
    keys: ['branches', 'completionType', 'numCompleted', 'onErrors'],
    timeouts: ['state', 'branch', 'action'],
  },
  foreach: {
    keys: [
      'inputCollection',
      'outputCollection',
      'iterationParam',
      'batchSize',
      'mode',
      'actions',
      'onErrors',
    ],
    timeouts: ['state', 'action'],
  },
  event: {
    keys: ['exclusive', 'onEvents', 'onErrors'],
    timeouts: ['state', 'action', 'event'],
  },
  callback: {
    keys: ['action', 'eventRef', 'eventDataFilter', 'onErrors'],
    timeouts: ['state', 'action', 'event'],
  },
  switch: {
    keys: ['dataConditions', 'eventConditions', 'defaultCondition', 'onErrors'],
    timeouts: ['state', 'event'],
  },
  inject: { keys: ['data'], timeouts: ['state'] },
  sleep: { keys: ['duration', 'onErrors'], timeouts: ['state'] },
};

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

function readCompensation(
  compilation: Compilation,
  path: string,
  state: JsonObject,
) {
  const compensates = compilation.flag(
    at(path, 'usedForCompensation'),
    state.usedForCompensation,
  );
  const compensatedBy = compilation.text(
    at(path, 'compensatedBy'),
    state.compensatedBy,
  );
  if (compensates && compensatedBy !== undefined) {
    compilation.fault(
      at(path, 'compensatedBy'),
      'a state that is used for compensation cannot be compensated itself: nested compensation is forbidden by the specification',
    );
  }
  return { compensates, compensatedBy };
}

/** Reads one state. */
export function readState(
  compilation: Compilation,
  path: string,
  name: string,
  state: JsonObject,
  context: StateContext,
): State | undefined {
  const type = String(state.type);
  if (!Object.hasOwn(TYPES, type)) {
    compilation.fault(
      at(path, 'type'),
      `state type ${JSON.stringify(state.type ?? null).slice(
        0,
        100,
      )} is not supported by the embedded engine`,
    );
    return undefined;
  }
  const kind = type as State['type'];
  compilation.keys(
    path,
    state,
    [...COMMON, ...TYPES[kind].keys],
    kind === 'inject' ? { onErrors: 'onErrors of an inject state' } : {},
  );
  const compensation = readCompensation(compilation, path, state);
  if (kind === 'switch') {
    return readSwitch(
      compilation,
      path,
      { name, ...compensation },
      state,
      context,
    );
  }
  return readWorking(compilation, path, kind, state, context, {
    name,
    ...compensation,
  });
}

function readWorking(
  compilation: Compilation,
  path: string,
  type: Exclude<State['type'], 'switch'>,
  state: JsonObject,
  context: StateContext,
  named: Pick<WorkingBase, 'name' | 'compensates' | 'compensatedBy'>,
): State | undefined {
  const where = at(path, 'stateDataFilter');
  const filter = compilation.object(where, state.stateDataFilter) ?? {};
  compilation.keys(where, filter, ['input', 'output']);
  const next = named.compensates
    ? context.next.readCompensating(path, state)
    : context.next.read(path, state);
  const timeouts = readTimeouts(
    compilation,
    at(path, 'timeouts'),
    state.timeouts,
    TYPES[type].timeouts,
    context.timeouts,
  );
  const simple = {
    ...named,
    input: compilation.expression(at(where, 'input'), filter.input),
    output: compilation.expression(at(where, 'output'), filter.output),
    errorMessage: readErrorMessage(compilation, path, state),
    next: next ?? PLAIN_END,
  };
  if (type === 'inject') {
    if (state.data === undefined) {
      compilation.fault(path, 'must have data');
    }
    return { ...simple, type, data: state.data ?? {} };
  }
  const base: WorkingBase = {
    ...simple,
    timeout: timeouts.state,
    handlers: readHandlers(
      compilation,
      at(path, 'onErrors'),
      state.onErrors,
      context,
    ),
  };
  switch (type) {
    case 'sleep':
      return readSleep(compilation, path, state, base);
    case 'parallel':
      return readParallel(compilation, path, state, base, timeouts, context);
    case 'foreach':
      return readForEach(compilation, path, state, base, timeouts, context);
    case 'event':
      return readEventState(compilation, path, state, base, timeouts, context);
    case 'callback':
      return readCallback(compilation, path, state, base, timeouts, context);
    default:
      return readOperation(compilation, path, state, base, timeouts, context);
  }
}

function readSleep(
  compilation: Compilation,
  path: string,
  state: JsonObject,
  base: WorkingBase,
): State {
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

function readOperation(
  compilation: Compilation,
  path: string,
  state: JsonObject,
  base: WorkingBase,
  timeouts: Timeouts,
  context: StateContext,
): State {
  if (state.actions === undefined) {
    compilation.fault(path, 'must have actions');
  }
  return {
    ...base,
    type: 'operation',
    parallel: readActionMode(compilation, path, state),
    actions: readActions(
      compilation,
      at(path, 'actions'),
      state.actions,
      context,
      timeouts.action,
    ),
  };
}
