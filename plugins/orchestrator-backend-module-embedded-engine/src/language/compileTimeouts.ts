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
import { readDuration } from './compileRetries';
import type { WorkflowDefinition } from './Definition';
import { isObject } from './merge';

/** How long parts of a workflow may take, in milliseconds. */
export interface Timeouts {
  readonly state?: number;
  readonly action?: number;
  readonly branch?: number;
  readonly event?: number;
}

const KEYS: { readonly [kind in keyof Timeouts]-?: string } = {
  state: 'stateExecTimeout',
  action: 'actionExecTimeout',
  branch: 'branchExecTimeout',
  event: 'eventTimeout',
};

/** `total` counts retries, `single` does not: a state is entered once, so that both say the same. */
function readStateTimeout(
  compilation: Compilation,
  path: string,
  value: JsonValue | undefined,
): number | undefined {
  if (!isObject(value)) {
    return readDuration(compilation, path, value);
  }
  compilation.keys(path, value, ['total', 'single']);
  const total = readDuration(compilation, at(path, 'total'), value.total);
  const single = readDuration(compilation, at(path, 'single'), value.single);
  if (value.total === undefined && value.single === undefined) {
    compilation.fault(path, 'must have total or single');
  }
  return total ?? single;
}

function readKinds(
  compilation: Compilation,
  path: string,
  timeouts: JsonObject,
): Timeouts {
  const duration = (kind: keyof Timeouts) =>
    readDuration(compilation, at(path, KEYS[kind]), timeouts[KEYS[kind]]);
  return {
    state: readStateTimeout(
      compilation,
      at(path, KEYS.state),
      timeouts[KEYS.state],
    ),
    action: duration('action'),
    branch: duration('branch'),
    event: duration('event'),
  };
}

/**
 * Reads the `timeouts` of a state or branch.
 *
 * @param kinds - those that it can have
 * @param defaults - those of the definition, for what it does not say itself
 */
export function readTimeouts(
  compilation: Compilation,
  path: string,
  value: JsonValue | undefined,
  kinds: readonly (keyof Timeouts)[],
  defaults: Timeouts,
): Timeouts {
  const timeouts = compilation.object(path, value) ?? {};
  compilation.keys(
    path,
    timeouts,
    kinds.map(kind => KEYS[kind]),
  );
  const own = readKinds(compilation, path, timeouts);
  return Object.fromEntries(
    kinds.map(kind => [kind, own[kind] ?? defaults[kind]]),
  );
}

/** Reads the `timeouts` of a definition: that of its runs, and those that hold for states without their own. */
export function readWorkflowTimeouts(
  compilation: Compilation,
  value: JsonValue | undefined,
): Timeouts & { readonly workflow?: WorkflowDefinition['timeout'] } {
  const path = '/timeouts';
  const timeouts = compilation.object(path, value) ?? {};
  compilation.keys(path, timeouts, [
    'workflowExecTimeout',
    ...Object.values(KEYS),
  ]);
  return {
    ...readKinds(compilation, path, timeouts),
    workflow: readWorkflowTimeout(compilation, timeouts.workflowExecTimeout),
  };
}

function readWorkflowTimeout(
  compilation: Compilation,
  value: JsonValue | undefined,
): WorkflowDefinition['timeout'] {
  const path = '/timeouts/workflowExecTimeout';
  const timeout = isObject(value) ? value : { duration: value };
  if (value === undefined || value === null) {
    return undefined;
  }
  compilation.keys(path, timeout as JsonObject, [
    'duration',
    'interrupt',
    'runBefore',
  ]);
  if (timeout.duration === undefined) {
    compilation.fault(path, 'must have a duration');
  }
  const { duration: given, interrupt, runBefore } = timeout as JsonObject;
  if (interrupt === false) {
    compilation.warn(
      at(path, 'interrupt'),
      'has no effect: the run is ended at its time-out, as in SonataFlow',
    );
  }
  const duration = readDuration(
    compilation,
    isObject(value) ? at(path, 'duration') : path,
    given,
  );
  const before = compilation.text(at(path, 'runBefore'), runBefore);
  return duration === undefined ? undefined : { duration, runBefore: before };
}
