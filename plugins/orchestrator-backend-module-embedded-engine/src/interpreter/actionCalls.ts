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
import { actionFailure, type ActionGroup } from './ActionGroup';
import type { SequenceFrame } from './frames';
import { keepResult } from './iterations';
import {
  DATA,
  FILTER_REGISTERS,
  filteredResult,
  filterSteps,
  filterValue,
  RESULT,
  type ResultFilter,
  SCOPE,
  store,
} from './results';
import { retryCall } from './retryCall';
import { programFailure, type Run } from './Run';
import type { Outcome } from './RunState';

/** What sysout logs of its arguments. */
function messageOf(given: JsonValue | undefined): string {
  const message =
    typeof given === 'object' && given !== null && !Array.isArray(given)
      ? given.message
      : given;
  return typeof message === 'string'
    ? message
    : JSON.stringify(message ?? null);
}

/** What an action does with its result. */
function resultFilter(action: Action): ResultFilter {
  return {
    used: action.useResults,
    expression: action.results,
    to: action.to,
  };
}

function use(
  run: Run,
  group: ActionGroup,
  frame: SequenceFrame,
  action: Action,
  result: JsonValue | undefined,
): void {
  if (group.iterates && action.useResults && result !== undefined) {
    keepResult(run, frame, result);
  }
  if (group.merges || action.to !== undefined) {
    store(run, resultFilter(action), result);
  }
}

/** What an action's function sees: the data, or what `fromStateData` gives. */
export function scopeSteps(
  { from }: Action,
  uses: Set<EngineVariable>,
): { readonly steps: ProgramStep[]; readonly source: string } {
  if (from === undefined) {
    return { steps: [], source: DATA };
  }
  from.uses.forEach(name => uses.add(name));
  return {
    steps: [
      { operation: 'evaluate', expression: from.text, from: DATA, to: SCOPE },
    ],
    source: SCOPE,
  };
}

/** Calls a function that is nothing but expressions, in one program with the filters of its action. */
export async function callPure(
  run: Run,
  group: ActionGroup,
  frame: SequenceFrame,
  action: Action,
): Promise<'retry' | 'done'> {
  const { call } = action;
  const uses = new Set<EngineVariable>();
  const { source, steps } = scopeSteps(action, uses);
  const callStep = steps.length;
  if (call.kind === 'expression') {
    call.expression.uses.forEach(name => uses.add(name));
    steps.push({
      operation: 'evaluate',
      expression: call.expression.text,
      from: source,
      to: RESULT,
    });
    steps.push(...filterSteps(resultFilter(action), uses));
  } else if (call.kind === 'sysout') {
    call.arguments.uses.forEach(name => uses.add(name));
    steps.push({
      operation: 'fill',
      template: call.arguments.template,
      from: source,
      to: RESULT,
    });
  }
  const { registers, failure } = await run.evaluate({
    data: run.state.data,
    variables: run.variables(uses, group.around(frame)),
    steps,
    give: FILTER_REGISTERS,
  });
  if (failure !== undefined) {
    const cause = programFailure(failure);
    if (
      failure.step === callStep &&
      (await retryCall(run, group, frame, action, cause))
    ) {
      return 'retry';
    }
    throw actionFailure(cause, group, frame);
  }
  if (call.kind === 'sysout') {
    run.log(`${call.level} ${messageOf(registers[RESULT])}`);
  } else {
    const result = filteredResult(resultFilter(action), registers);
    use(run, group, frame, action, result);
  }
  return 'done';
}

/** Uses the result of a call that was under way, or of an event that was waited for. */
export async function settle(
  run: Run,
  group: ActionGroup,
  frame: SequenceFrame,
  action: Action,
  outcome: Outcome,
): Promise<'retry' | 'done'> {
  if ('failure' in outcome) {
    if (await retryCall(run, group, frame, action, outcome.failure)) {
      return 'retry';
    }
    throw actionFailure(outcome.failure, group, frame);
  }
  const filter = resultFilter(action);
  const around = group.around(frame);
  const result = await filterValue(run, filter, outcome.value, around);
  use(run, group, frame, action, result);
  return 'done';
}

/** Whether the condition of an action lets it begin. */
export async function holds(
  run: Run,
  group: ActionGroup,
  frame: SequenceFrame,
  action: Action,
): Promise<boolean> {
  if (action.condition === undefined) {
    return true;
  }
  const { stopped, failure } = await run.evaluate({
    data: run.state.data,
    variables: run.variables(action.condition.uses, group.around(frame)),
    steps: [
      { operation: 'require', expression: action.condition.text, from: DATA },
    ],
    give: [],
  });
  if (failure !== undefined) {
    throw actionFailure(programFailure(failure), group, frame);
  }
  return stopped !== true;
}
