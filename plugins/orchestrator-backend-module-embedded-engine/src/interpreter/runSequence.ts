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
import { mergeAt } from '../language/merge';
import { matchFailure } from './matchErrors';
import { retryDelay } from './retryDelay';
import { programFailure, type Run, RunFailure } from './Run';
import type { Failure, Outcome, SequenceFrame } from './RunState';

/** The registers of the programs of an action. */
const DATA = 'data';
const SCOPE = 'scope';
const RESULT = 'result';

function definitionIdOf(state: OperationState, action: Action): string {
  return `${state.name}/${action.name}`;
}

/** An action failed; the handlers of its state decide what becomes of the run. */
function actionFailure(
  failure: Failure,
  state: OperationState,
  frame: SequenceFrame,
): RunFailure {
  const action = state.actions[frame.actions[frame.at]];
  return new RunFailure(failure, definitionIdOf(state, action), frame.node);
}

/** Puts the result of an action where its filter says. */
function store(run: Run, action: Action, result: JsonValue | undefined): void {
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
function afterSteps(action: Action, uses: Set<EngineVariable>): ProgramStep[] {
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

function filteredResult(
  action: Action,
  registers: { readonly [name: string]: JsonValue },
): JsonValue | undefined {
  return action.results === undefined ? registers[RESULT] : registers.filtered;
}

/** Calls a function that is nothing but expressions, in one program with the filters of its action. */
async function callPure(
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
    if (failure.step === callStep && (await retry(run, frame, action, cause))) {
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

/** Whether a failed call is to be made again; if so, the sequence waits for it. */
async function retry(
  run: Run,
  frame: SequenceFrame,
  action: Action,
  failure: Failure,
): Promise<boolean> {
  const policy = action.retry;
  if (policy === undefined || frame.tries >= policy.maxAttempts) {
    return false;
  }
  const { evaluator } = run.context;
  const fits = async (codes: readonly string[]) =>
    (await matchFailure(evaluator, [codes], failure)) !== undefined;
  if (failure.kind === 'limit' || (await fits(policy.never))) {
    return false;
  }
  if (policy.only !== undefined && !(await fits(policy.only))) {
    return false;
  }
  const delay = retryDelay(policy, frame.tries, run.context.random());
  frame.phase = 'backoff';
  frame.wakeAt = run.context.now() + delay;
  frame.attempt += 1;
  frame.tries += 1;
  run.log(
    `WARN Action ${action.name}: ${failure.message}; attempt ${frame.tries} of ${policy.maxAttempts} in ${delay} ms`,
  );
  return true;
}

/** Uses the result of a call that was under way. */
async function settle(
  run: Run,
  state: OperationState,
  frame: SequenceFrame,
  action: Action,
  outcome: Outcome,
): Promise<'retry' | 'done'> {
  if ('failure' in outcome) {
    if (await retry(run, frame, action, outcome.failure)) {
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
async function holds(
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

function nextAction(frame: SequenceFrame): void {
  frame.at += 1;
  frame.phase = 'begin';
  frame.attempt = 0;
  frame.tries = 1;
  delete frame.node;
  delete frame.wakeAt;
  delete frame.scope;
}

function due(run: Run, frame: SequenceFrame): boolean {
  if (frame.wakeAt !== undefined && run.context.now() < frame.wakeAt) {
    return false;
  }
  delete frame.wakeAt;
  return true;
}

/** After its call, an action sleeps or is done. */
function finish(run: Run, frame: SequenceFrame, action: Action): void {
  if (action.sleepAfter !== undefined && frame.phase !== 'after') {
    frame.phase = 'after';
    frame.wakeAt = run.context.now() + action.sleepAfter;
    return;
  }
  run.leave(frame.node);
  nextAction(frame);
}

/** Takes one step of a sequence; false where it has to wait. */
async function step(
  run: Run,
  state: OperationState,
  frame: SequenceFrame,
  outcome: Outcome | undefined,
  shared: boolean,
): Promise<boolean> {
  const action = state.actions[frame.actions[frame.at]];
  switch (frame.phase) {
    case 'begin':
      run.spend();
      if (!(await holds(run, state, frame, action))) {
        nextAction(frame);
        return true;
      }
      frame.node = run.enter(
        action.name,
        'action',
        definitionIdOf(state, action),
      );
      frame.phase = 'call';
      if (action.sleepBefore !== undefined) {
        frame.phase = 'before';
        frame.wakeAt = run.context.now() + action.sleepBefore;
      }
      return true;
    case 'before':
    case 'backoff':
      if (!due(run, frame)) {
        return false;
      }
      frame.phase = 'call';
      return true;
    case 'call':
      // A node that failed and is run again is a new one.
      frame.node ??= run.enter(
        action.name,
        'action',
        definitionIdOf(state, action),
      );
      if (action.call.kind === 'rest') {
        frame.phase = 'pending';
        if (shared) {
          frame.scope = run.state.data;
        }
        return true;
      }
      if ((await callPure(run, state, frame, action)) === 'done') {
        finish(run, frame, action);
      }
      return true;
    case 'pending':
      if (outcome === undefined) {
        return false;
      }
      delete frame.scope;
      if ((await settle(run, state, frame, action, outcome)) === 'done') {
        finish(run, frame, action);
      }
      return true;
    default:
      if (!due(run, frame)) {
        return false;
      }
      finish(run, frame, action);
      return true;
  }
}

/** A sequence of actions that is to begin. */
export function newSequence(actions: number[]): SequenceFrame {
  return {
    kind: 'sequence',
    actions,
    at: 0,
    phase: 'begin',
    attempt: 0,
    tries: 1,
  };
}

/**
 * Takes the steps of a sequence that can be taken now.
 *
 * @param outcome - what the call came to for which the sequence waits
 * @param shared - whether other sequences go on beside it
 * @returns whether it is done
 * @throws RunFailure where an action failed; the sequence then stands before its call
 */
export async function runSequence(
  run: Run,
  state: OperationState,
  frame: SequenceFrame,
  outcome: Outcome | undefined,
  shared: boolean,
): Promise<boolean> {
  let pending = outcome;
  while (frame.at < frame.actions.length) {
    const waiting = frame.phase === 'pending';
    try {
      if (!(await step(run, state, frame, pending, shared))) {
        return false;
      }
    } catch (error) {
      throw rewind(run, state, frame, error);
    }
    if (waiting) {
      pending = undefined;
    }
  }
  return true;
}

/** Sets a sequence back to before the call that failed, so that the run can be retriggered there. */
function rewind(
  run: Run,
  state: OperationState,
  frame: SequenceFrame,
  error: unknown,
): unknown {
  if (!(error instanceof RunFailure)) {
    return error;
  }
  const failure =
    error.node === undefined
      ? actionFailure(error.failure, state, frame)
      : error;
  if (frame.node !== undefined) {
    run.leave(frame.node, failure.message);
    frame.phase = 'call';
  }
  frame.attempt = 0;
  frame.tries = 1;
  delete frame.node;
  delete frame.wakeAt;
  delete frame.scope;
  return failure;
}
