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
import { readActions } from './compileActions';
import type { StateContext, WorkingBase } from './StateContext';
import { readTimeouts, type Timeouts } from './compileTimeouts';
import type { ForEachState, ParallelState } from './Definition';
import { readTarget } from './resultTarget';

/** Iterations side by side where the definition sets no bound. */
const MAX_SIDE_BY_SIDE = 100;
/** What jq and the engine name so already. */
const TAKEN = ['CONST', 'ENV', 'SECRET', 'WORKFLOW', '__loc__'];

/** How many branches must be done. */
function readNeeded(
  compilation: Compilation,
  path: string,
  state: JsonObject,
  branches: number,
): number {
  const type = state.completionType ?? 'allOf';
  if (type === 'allOf') {
    return branches;
  }
  if (type !== 'atLeast') {
    compilation.fault(at(path, 'completionType'), 'must be allOf or atLeast');
    return branches;
  }
  if (state.numCompleted === undefined || state.numCompleted === null) {
    compilation.fault(path, 'must have numCompleted');
  }
  return (
    compilation.number(
      at(path, 'numCompleted'),
      state.numCompleted,
      n => Number.isInteger(n) && n >= 1 && n <= branches,
      `a whole number from 1 to ${branches}, the number of branches`,
    ) ?? branches
  );
}

/** Reads a state with branches. */
export function readParallel(
  compilation: Compilation,
  path: string,
  state: JsonObject,
  base: WorkingBase,
  timeouts: Timeouts,
  context: StateContext,
): ParallelState {
  const declared = compilation.list(at(path, 'branches'), state.branches);
  if (declared.length === 0) {
    compilation.fault(path, 'must have branches');
  }
  return {
    ...base,
    type: 'parallel',
    needed: readNeeded(compilation, path, state, declared.length),
    branches: declared.map((branch, i) => {
      const where = at(path, 'branches', i);
      compilation.keys(where, branch, ['name', 'actions', 'timeouts']);
      const own = readTimeouts(
        compilation,
        at(where, 'timeouts'),
        branch.timeouts,
        ['action', 'branch'],
        timeouts,
      );
      const actions = readActions(
        compilation,
        at(where, 'actions'),
        branch.actions,
        context,
        own.action,
      );
      if (branch.actions === undefined) {
        compilation.fault(where, 'must have actions');
      }
      return {
        name:
          compilation.text(at(where, 'name'), branch.name) ?? `branch ${i + 1}`,
        actions,
        timeout: own.branch,
      };
    }),
  };
}

function readParameter(
  compilation: Compilation,
  path: string,
  value: JsonValue | undefined,
): string {
  if (value === undefined || value === null || value === '') {
    compilation.fault(path, 'must have an iterationParam');
    return '';
  }
  if (
    typeof value !== 'string' ||
    !/^[A-Za-z_]\w{0,99}$/.test(value) ||
    TAKEN.includes(value)
  ) {
    compilation.fault(
      at(path, 'iterationParam'),
      `must be a name of letters, digits and underscores, and none of ${TAKEN.join(
        ', ',
      )}`,
    );
    return '';
  }
  return value;
}

function readBatchSize(
  compilation: Compilation,
  path: string,
  state: JsonObject,
): number {
  const mode = state.mode ?? 'parallel';
  if (mode !== 'sequential' && mode !== 'parallel') {
    compilation.fault(at(path, 'mode'), 'must be sequential or parallel');
  }
  const size = compilation.number(
    at(path, 'batchSize'),
    state.batchSize,
    n => Number.isInteger(n) && n >= 0,
    'a whole number from 0; 0 sets no bound',
  );
  if (mode === 'sequential') {
    return 1;
  }
  return Math.min(size || MAX_SIDE_BY_SIDE, MAX_SIDE_BY_SIDE);
}

/** Reads a state that does its actions for each item of a collection. */
export function readForEach(
  compilation: Compilation,
  path: string,
  state: JsonObject,
  base: WorkingBase,
  timeouts: Timeouts,
  context: StateContext,
): ForEachState | undefined {
  const items = compilation.expression(
    at(path, 'inputCollection'),
    state.inputCollection,
  );
  if (state.inputCollection === undefined || state.inputCollection === null) {
    compilation.fault(path, 'must have an inputCollection');
  }
  const parameter = readParameter(compilation, path, state.iterationParam);
  const outputs = readTarget(
    compilation,
    at(path, 'outputCollection'),
    state.outputCollection,
  );
  const actions = readActions(
    compilation,
    at(path, 'actions'),
    state.actions,
    context,
    timeouts.action,
  );
  if (state.actions === undefined) {
    compilation.fault(path, 'must have actions');
  }
  const batchSize = readBatchSize(compilation, path, state);
  return items === undefined
    ? undefined
    : {
        ...base,
        type: 'foreach',
        items,
        parameter,
        outputs,
        batchSize,
        actions,
      };
}
