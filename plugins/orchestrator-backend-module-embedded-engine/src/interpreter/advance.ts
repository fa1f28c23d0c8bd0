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

import type {
  Expression,
  State,
  WorkflowDefinition,
} from '../language/Definition';
import { evaluate } from './evaluate';
import type { WorkflowFrame } from './frames';
import { leaveState, setTimeIsOver } from './leaveState';
import { leaveActions, stateNode } from './nodes';
import { programFailure, type Run, RunFailure } from './Run';
import type { RunEvent } from './RunEvent';
import { setDeadline } from './stateTimeouts';
import { workState } from './workState';

/** Replaces the data by the result of a filter. */
async function filter(
  run: Run,
  expression: Expression | undefined,
): Promise<void> {
  if (expression !== undefined) {
    run.setData((await evaluate(run, expression)) ?? null);
  }
}

/** Fails where the metadata of an ending state have an error message. */
async function checkErrorMessage(run: Run, state: State): Promise<void> {
  const message = state.errorMessage;
  if (message === undefined) {
    return;
  }
  const { registers, failure } = await run.evaluate({
    data: run.state.data,
    variables: run.variables(message.uses),
    steps: [
      {
        operation: 'fill',
        template: message.template,
        from: 'data',
        to: 'message',
      },
    ],
    give: ['message'],
  });
  if (failure !== undefined) {
    throw new RunFailure(programFailure(failure));
  }
  const text = registers.message;
  if (text !== undefined && text !== null) {
    throw new RunFailure({
      kind: 'expression',
      message: typeof text === 'string' ? text : JSON.stringify(text),
    });
  }
}

async function enter(
  run: Run,
  frame: WorkflowFrame,
  state: State,
): Promise<void> {
  if (frame.node === undefined) {
    run.spend();
    const { name, type } = state;
    const node = run.enter({ name, type, definitionId: name });
    frame.node = node.seq;
    frame.since = node.enter;
    setDeadline(run, frame, state);
  }
  await filter(run, state.input);
  frame.phase = 'body';
}

async function finish(
  run: Run,
  frame: WorkflowFrame,
  state: State,
): Promise<void> {
  if (frame.next !== undefined) {
    await leaveState(run, frame, state, frame.next, frame.failed !== true);
    return;
  }
  await checkErrorMessage(run, state);
  if (state.type !== 'switch') {
    await leaveState(run, frame, state, state.next, true);
  }
}

/** The state of a definition that a run is in. @throws RunFailure where there is none */
function stateOf(definition: WorkflowDefinition, { state }: WorkflowFrame) {
  const found = definition.states.get(state);
  if (found === undefined) {
    throw new RunFailure({
      kind: 'definition',
      message: `The definition has no state ${state}`,
    });
  }
  return found;
}

/**
 * Takes the run on by one phase of its state.
 *
 * @param given - what came for the run; the state that is in its body now uses it
 * @returns false where the run has to wait, or has ended
 */
export async function advance(
  run: Run,
  given: RunEvent | undefined,
): Promise<boolean> {
  const { frame, status } = run.state;
  if (frame === undefined || status !== 'ACTIVE' || frame.phase === 'kept') {
    return false;
  }
  const state = stateOf(run.definition, frame);
  switch (frame.phase) {
    case 'enter':
      await enter(run, frame, state);
      return true;
    case 'body':
      return workState(run, frame, state, given);
    case 'leave':
      await filter(run, state.output);
      frame.phase = 'next';
      return true;
    default:
      await finish(run, frame, state);
      return true;
  }
}

/** Ends a run whose time is over, after the state that its definition names for that. */
export function expire(run: Run): void {
  const { deadline, expired, frame } = run.state;
  if (
    deadline === undefined ||
    expired !== undefined ||
    run.context.now() < deadline
  ) {
    return;
  }
  const node = frame?.state ?? '';
  if (frame !== undefined) {
    leaveActions(run, frame);
    run.leave(stateNode(frame, run.definition.states.get(node)));
  }
  delete run.state.compensation;
  const runBefore = run.definition.timeout?.runBefore;
  if (runBefore === undefined) {
    setTimeIsOver(run, node);
    return;
  }
  run.log(`WARN ${node}: the time of the run is over; ${runBefore} runs`);
  run.state.expired = node;
  run.state.frame = { kind: 'workflow', state: runBefore, phase: 'enter' };
}
