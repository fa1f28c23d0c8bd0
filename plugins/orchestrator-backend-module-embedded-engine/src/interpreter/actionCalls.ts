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
import type {
  Action,
  EngineVariable,
  OperationState,
} from '../language/Definition';
import { actionFailure } from './actionFailure';
import {
  afterSteps,
  DATA,
  filteredResult,
  RESULT,
  SCOPE,
  store,
} from './actionResults';
import { retryCall } from './retryCall';
import { programFailure, type Run } from './Run';
import type { Outcome, SequenceFrame } from './RunState';

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

/** Calls a function that is nothing but expressions, in one program with the filters of its action. */
export async function callPure(
  run: Run,
  state: OperationState,
  frame: SequenceFrame,
  action: Action,
): Promise<'retry' | 'done'> {
  const { call } = action;
  const uses = new Set<EngineVariable>();
  const steps: ProgramStep[] = [];
  let source = DATA;
  if (action.from !== undefined) {
    action.from.uses.forEach(name => uses.add(name));
    steps.push({
      operation: 'evaluate',
      expression: action.from.text,
      from: DATA,
      to: SCOPE,
    });
    source = SCOPE;
  }
  const callStep = steps.length;
  if (call.kind === 'expression') {
    call.expression.uses.forEach(name => uses.add(name));
    steps.push({
      operation: 'evaluate',
      expression: call.expression.text,
      from: source,
      to: RESULT,
    });
    steps.push(...afterSteps(action, uses));
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
    variables: run.variables(uses),
    steps,
    give: [RESULT, 'filtered'],
  });
  if (failure !== undefined) {
    const cause = programFailure(failure);
    if (
      failure.step === callStep &&
      (await retryCall(run, frame, action, cause))
    ) {
      return 'retry';
    }
    throw actionFailure(cause, state, frame);
  }
  if (call.kind === 'sysout') {
    run.log(`${call.level} ${messageOf(registers[RESULT])}`);
  } else {
    store(run, action, filteredResult(action, registers));
  }
  return 'done';
}

/** Uses the result of a call that was under way. */
export async function settle(
  run: Run,
  state: OperationState,
  frame: SequenceFrame,
  action: Action,
  outcome: Outcome,
): Promise<'retry' | 'done'> {
  if ('failure' in outcome) {
    if (await retryCall(run, frame, action, outcome.failure)) {
      return 'retry';
    }
    throw actionFailure(outcome.failure, state, frame);
  }
  const uses = new Set<EngineVariable>();
  const steps = afterSteps(action, uses);
  if (steps.length === 0) {
    store(run, action, outcome.value);
    return 'done';
  }
  const { registers, failure } = await run.evaluate({
    data: run.state.data,
    variables: { ...run.variables(uses) },
    steps: [
      {
        operation: 'fill',
        template: { kind: 'literal', value: outcome.value },
        from: DATA,
        to: RESULT,
      },
      ...steps,
    ],
    give: ['filtered', RESULT],
  });
  if (failure !== undefined) {
    throw actionFailure(programFailure(failure), state, frame);
  }
  store(run, action, filteredResult(action, registers));
  return 'done';
}

/** Whether the condition of an action lets it begin. */
export async function holds(
  run: Run,
  state: OperationState,
  frame: SequenceFrame,
  action: Action,
): Promise<boolean> {
  if (action.condition === undefined) {
    return true;
  }
  const { stopped, failure } = await run.evaluate({
    data: run.state.data,
    variables: run.variables(action.condition.uses),
    steps: [
      { operation: 'require', expression: action.condition.text, from: DATA },
    ],
    give: [],
  });
  if (failure !== undefined) {
    throw actionFailure(programFailure(failure), state, frame);
  }
  return stopped !== true;
}
