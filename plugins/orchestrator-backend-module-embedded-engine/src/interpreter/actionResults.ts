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

import type { JsonValue } from '@backstage/types';
import type { ProgramStep } from '../jq/Evaluator';
import type { Action, EngineVariable } from '../language/Definition';
import { mergeAt } from '../language/merge';
import { type Run, RunFailure } from './Run';

/** The registers of the programs of an action. */
export const DATA = 'data';
export const SCOPE = 'scope';
export const RESULT = 'result';

/** Puts the result of an action where its filter says. */
export function store(
  run: Run,
  action: Action,
  result: JsonValue | undefined,
): void {
  if (!action.useResults || result === undefined) {
    return;
  }
  if (action.to?.kind === 'nowhere') {
    return;
  }
  let data;
  try {
    data = mergeAt(run.state.data, action.to?.path ?? [], result);
  } catch (error) {
    throw new RunFailure({
      kind: 'expression',
      message: (error as Error).message,
    });
  }
  run.setData(data);
}

/** What follows a result: the results filter, and the target where it is more than a path. */
export function afterSteps(
  action: Action,
  uses: Set<EngineVariable>,
): ProgramStep[] {
  const steps: ProgramStep[] = [];
  if (action.results !== undefined && action.useResults) {
    action.results.uses.forEach(name => uses.add(name));
    steps.push({
      operation: 'evaluate',
      expression: action.results.text,
      from: RESULT,
      to: 'filtered',
    });
  }
  if (action.to?.kind === 'nowhere' && action.useResults) {
    action.to.expression.uses.forEach(name => uses.add(name));
    steps.push({
      operation: 'evaluate',
      expression: action.to.expression.text,
      from: DATA,
      to: 'nowhere',
    });
  }
  return steps;
}

/** The result of an action, behind its results filter. */
export function filteredResult(
  action: Action,
  registers: { readonly [name: string]: JsonValue },
): JsonValue | undefined {
  return action.results === undefined ? registers[RESULT] : registers.filtered;
}
