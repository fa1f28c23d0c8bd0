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
import { type FunctionDeclaration, readFunctionRef } from './compileFunctions';
import {
  readActionRetry,
  readDuration,
  type RetryContext,
} from './compileRetries';
import type { Action, ResultTarget } from './Definition';
import { parsePath } from './paths';

/** What the states of a definition refer to. */
export interface StateContext extends RetryContext {
  readonly functions: ReadonlyMap<string, FunctionDeclaration | undefined>;
  readonly errors: ReadonlyMap<string, string>;
}

function readTarget(
  compilation: Compilation,
  path: string,
  value: JsonValue | undefined,
): ResultTarget | undefined {
  const expression = compilation.expression(path, value);
  if (expression === undefined) {
    return undefined;
  }
  const keys = parsePath(expression.text);
  if (keys !== undefined) {
    return { kind: 'path', path: keys };
  }
  compilation.warn(
    path,
    `${expression.text} is not a path of keys: nothing is stored there, as in SonataFlow`,
  );
  return { kind: 'nowhere', expression };
}

/** Reads one action of an operation state. */
export function readAction(
  compilation: Compilation,
  path: string,
  declared: JsonObject,
  index: number,
  context: StateContext,
): Action | undefined {
  compilation.keys(
    path,
    declared,
    [
      'name',
      'id',
      'functionRef',
      'actionDataFilter',
      'sleep',
      'retryRef',
      'retryableErrors',
      'nonRetryableErrors',
      'condition',
      'metadata',
    ],
    {
      eventRef: 'eventRef of an action',
      subFlowRef: 'subFlowRef',
    },
  );
  const filter =
    compilation.object(
      at(path, 'actionDataFilter'),
      declared.actionDataFilter,
    ) ?? {};
  const filterPath = at(path, 'actionDataFilter');
  compilation.keys(filterPath, filter, [
    'fromStateData',
    'results',
    'toStateData',
    'useResults',
  ]);
  const sleep = compilation.object(at(path, 'sleep'), declared.sleep) ?? {};
  compilation.keys(at(path, 'sleep'), sleep, ['before', 'after']);
  const action = {
    condition: compilation.expression(
      at(path, 'condition'),
      declared.condition,
    ),
    from: compilation.expression(
      at(filterPath, 'fromStateData'),
      filter.fromStateData,
    ),
    results: compilation.expression(at(filterPath, 'results'), filter.results),
    to: readTarget(
      compilation,
      at(filterPath, 'toStateData'),
      filter.toStateData,
    ),
    useResults: filter.useResults !== false,
    sleepBefore: readDuration(
      compilation,
      at(path, 'sleep', 'before'),
      sleep.before,
    ),
    sleepAfter: readDuration(
      compilation,
      at(path, 'sleep', 'after'),
      sleep.after,
    ),
    retry: readActionRetry(compilation, path, declared, context),
  };
  if (declared.functionRef === undefined) {
    if (declared.eventRef === undefined && declared.subFlowRef === undefined) {
      compilation.fault(path, 'must have a functionRef');
    }
    return undefined;
  }
  const call = readFunctionRef(
    compilation,
    at(path, 'functionRef'),
    declared.functionRef as JsonValue,
    context.functions,
  );
  if (call === undefined) {
    return undefined;
  }
  const name =
    typeof declared.name === 'string' && declared.name !== ''
      ? declared.name
      : undefined;
  return {
    ...action,
    name: name ?? `${call.name} (action ${index + 1})`,
    call,
  };
}
