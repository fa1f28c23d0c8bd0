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
import type {
  Expression,
  Next,
  State,
  SwitchState,
} from '../language/Definition';
import { merge } from '../language/merge';
import { programFailure, type Run, RunFailure } from './Run';
import type { WorkflowFrame } from './RunState';
import { newSequence } from './runSequence';

/** Replaces the data by the result of a filter. */
export async function filter(
  run: Run,
  expression: Expression | undefined,
): Promise<void> {
  if (expression === undefined) {
    return;
  }
  const { registers, failure } = await run.evaluate({
    data: run.state.data,
    variables: run.variables(expression.uses),
    steps: [
      {
        operation: 'evaluate',
        expression: expression.text,
        from: 'data',
        to: 'result',
      },
    ],
    give: ['result'],
  });
  if (failure !== undefined) {
    throw new RunFailure(programFailure(failure));
  }
  run.setData(registers.result ?? null);
}

async function choose(run: Run, state: SwitchState): Promise<Next> {
  const { registers, failure } = await run.evaluate({
    data: run.state.data,
    variables: run.variables(
      state.conditions.flatMap(({ expression }) => expression.uses),
    ),
    steps: [
      {
        operation: 'choose',
        expressions: state.conditions.map(({ expression }) => expression.text),
        from: 'data',
        to: 'chosen',
      },
    ],
    give: ['chosen'],
  });
  if (failure !== undefined) {
    throw new RunFailure(programFailure(failure));
  }
  const next =
    state.conditions[registers.chosen as number]?.next ?? state.fallback;
  if (next === undefined) {
    throw new RunFailure({
      kind: 'expression',
      message: `No condition of switch ${state.name} holds, and it has no default`,
    });
  }
  return next;
}

/** Fails where the metadata of an ending state have an error message. */
export async function checkErrorMessage(run: Run, state: State): Promise<void> {
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
  const text: JsonValue | undefined = registers.message;
  if (text !== undefined && text !== null) {
    throw new RunFailure({
      kind: 'expression',
      message: typeof text === 'string' ? text : JSON.stringify(text),
    });
  }
}

/** Leaves a state for the next, or ends the run. */
export function go(run: Run, frame: WorkflowFrame, next: Next): void {
  run.leave(frame.node);
  if (next.kind === 'end') {
    run.state.status = 'COMPLETED';
    delete run.state.frame;
  } else {
    run.state.frame = { kind: 'workflow', state: next.to, phase: 'enter' };
  }
}

/** Begins a state. */
export async function enter(
  run: Run,
  frame: WorkflowFrame,
  state: State,
): Promise<void> {
  run.spend();
  frame.node = run.enter(state.name, state.type, state.name);
  await filter(run, state.input);
  switch (state.type) {
    case 'inject':
      run.setData(merge(run.state.data, state.data) ?? null);
      frame.phase = 'leave';
      break;
    case 'switch':
      go(run, frame, await choose(run, state));
      break;
    case 'sleep':
      frame.body = {
        kind: 'sleep',
        wakeAt: run.context.now() + state.duration,
      };
      frame.phase = 'body';
      break;
    case 'operation': {
      const numbers = state.actions.map((_action, i) => i);
      frame.body = state.parallel
        ? { kind: 'fanOut', children: numbers.map(i => newSequence([i])) }
        : newSequence(numbers);
      frame.phase = 'body';
      break;
    }
    default:
      frame.phase = 'body';
  }
}
