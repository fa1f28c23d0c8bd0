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
import { isOrchestratorId } from '@flowgate/backstage-plugin-orchestrator-common';
import { at, type Compilation } from './Compilation';
import { readFunctionRef } from './compileCalls';
import { readActionRetry, readDuration } from './compileRetries';
import type { Action, FunctionCall } from './Definition';
import { isObject } from './merge';
import { readTarget } from './resultTarget';
import type { StateContext } from './StateContext';

const REFERENCES = ['functionRef', 'subFlowRef', 'eventRef'] as const;

function readSubFlowRef(
  compilation: Compilation,
  path: string,
  value: JsonValue,
  { subFlows }: StateContext,
): FunctionCall | undefined {
  const reference = typeof value === 'string' ? { workflowId: value } : value;
  if (!isObject(reference)) {
    compilation.fault(path, 'must be the id of a workflow or an object');
    return undefined;
  }
  compilation.keys(path, reference, [
    'workflowId',
    'version',
    'invoke',
    'onParentComplete',
  ]);
  const { invoke = 'sync', onParentComplete = 'terminate' } = reference;
  if (invoke !== 'sync' && invoke !== 'async') {
    compilation.fault(at(path, 'invoke'), 'must be sync or async');
  }
  if (onParentComplete !== 'terminate' && onParentComplete !== 'continue') {
    compilation.fault(
      at(path, 'onParentComplete'),
      'must be terminate or continue',
    );
  }
  const { workflowId, version: given } = reference;
  const version = compilation.text(
    at(path, 'version'),
    typeof given === 'number' ? String(given) : given,
  );
  if (typeof workflowId !== 'string' || !isOrchestratorId(workflowId)) {
    compilation.fault(path, 'must have a workflowId, the id of a workflow');
    return undefined;
  }
  subFlows.push({ path, workflowId, version });
  return {
    kind: 'subFlow',
    name: workflowId,
    workflowId,
    version,
    waits: invoke !== 'async',
    onParentEnd: onParentComplete === 'continue' ? 'continue' : 'terminate',
  };
}

function readEventRef(
  compilation: Compilation,
  path: string,
  value: JsonValue,
  { events }: StateContext,
): FunctionCall | undefined {
  const reference = compilation.object(path, value);
  if (reference === undefined) {
    return undefined;
  }
  compilation.keys(path, reference, [
    'triggerEventRef',
    'produceEventRef',
    'resultEventRef',
    'consumeEventRef',
    'resultEventTimeout',
    'consumeEventTimeout',
    'data',
    'contextAttributes',
    'invoke',
  ]);
  if (reference.invoke !== undefined && reference.invoke !== 'sync') {
    compilation.fault(
      at(path, 'invoke'),
      'invoke: async is not supported by the embedded engine',
    );
  }
  // The specification has renamed them once.
  const named = (...keys: readonly string[]) =>
    keys.find(key => reference[key] !== undefined && reference[key] !== null);
  const trigger = named('triggerEventRef', 'produceEventRef');
  const result = named('resultEventRef', 'consumeEventRef');
  const timeout = named('resultEventTimeout', 'consumeEventTimeout');
  if (trigger === undefined && result === undefined) {
    compilation.fault(path, 'must have a triggerEventRef or a resultEventRef');
    return undefined;
  }
  const produce =
    trigger &&
    events.toProduce(at(path, trigger), path, reference[trigger], reference);
  const awaits = result && events.awaited(at(path, result), reference[result]);
  const awaitTimeout =
    timeout && readDuration(compilation, at(path, timeout), reference[timeout]);
  return {
    kind: 'event',
    name: String(reference[trigger ?? result!]),
    produce: produce || undefined,
    awaits: awaits || undefined,
    awaitTimeout: awaitTimeout || undefined,
  };
}

/** What an action calls: one of the three that it can refer to. */
function readCalled(
  compilation: Compilation,
  path: string,
  declared: JsonObject,
  context: StateContext,
): FunctionCall | undefined {
  const given = REFERENCES.filter(
    key => declared[key] !== undefined && declared[key] !== null,
  );
  if (given.length !== 1) {
    compilation.fault(
      path,
      'must have one of functionRef, subFlowRef and eventRef',
    );
    return undefined;
  }
  const [key] = given;
  const where = at(path, key);
  const value = declared[key] as JsonValue;
  switch (key) {
    case 'subFlowRef':
      return readSubFlowRef(compilation, where, value, context);
    case 'eventRef':
      return readEventRef(compilation, where, value, context);
    default:
      return readFunctionRef(compilation, where, value, context);
  }
}

/**
 * Reads one action.
 *
 * @param timeout - milliseconds that each of its calls may take
 */
export function readAction(
  compilation: Compilation,
  path: string,
  declared: JsonObject,
  index: number,
  context: StateContext,
  timeout: number | undefined,
): Action | undefined {
  compilation.keys(path, declared, [
    'name',
    'id',
    ...REFERENCES,
    'actionDataFilter',
    'sleep',
    'retryRef',
    'retryableErrors',
    'nonRetryableErrors',
    'condition',
    'metadata',
  ]);
  const filterPath = at(path, 'actionDataFilter');
  const filter =
    compilation.object(filterPath, declared.actionDataFilter) ?? {};
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
    timeout,
  };
  const call = readCalled(compilation, path, declared, context);
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

/** Reads a list of actions. */
export function readActions(
  compilation: Compilation,
  path: string,
  value: JsonValue | undefined,
  context: StateContext,
  timeout: number | undefined,
): Action[] {
  return compilation
    .list(path, value)
    .flatMap(
      (action, i) =>
        readAction(compilation, at(path, i), action, i, context, timeout) ?? [],
    );
}
