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
  ErrorHandler,
  Next,
  State,
  SwitchState,
} from '../language/Definition';
import { merge } from '../language/merge';
import { groupOf } from './ActionGroup';
import { arrivalsFor } from './arrivals';
import type { Body, WorkflowFrame } from './frames';
import { matchFailure } from './matchErrors';
import { leaveActions } from './nodes';
import { programFailure, type Run, RunFailure } from './Run';
import type { RunEvent } from './RunEvent';
import {
  beginCallback,
  beginEvents,
  runCallback,
  runEvents,
  runEventSwitch,
} from './runEvents';
import { runFanOut } from './runFanOut';
import { beginForEach, runForEach } from './runForEach';
import { runSequence } from './runSequence';
import { newSequence } from './sequences';
import { failLate } from './stateTimeouts';

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

/** What a state does, as it begins; undefined where it is done at once. */
async function begin(run: Run, state: State): Promise<Body | undefined> {
  switch (state.type) {
    case 'operation': {
      const numbers = state.actions.map((_action, i) => i);
      return state.parallel
        ? { kind: 'fanOut', children: numbers.map(i => newSequence([i])) }
        : newSequence(numbers);
    }
    case 'parallel':
      state.branches.forEach(() => run.spend());
      return {
        kind: 'fanOut',
        needed: state.needed,
        children: state.branches.map(({ actions, timeout }, i) => ({
          ...newSequence(
            actions.map((_action, j) => j),
            i,
          ),
          ...(timeout === undefined
            ? {}
            : { deadline: run.context.now() + timeout }),
        })),
      };
    case 'foreach':
      return beginForEach(run, state);
    case 'sleep':
      return { kind: 'sleep', wakeAt: run.context.now() + state.duration };
    case 'event':
    case 'switch':
      return beginEvents(run, state);
    case 'callback':
      return beginCallback(run, state);
    default:
      return undefined;
  }
}

/** Goes on with what a state does; true where it is done. */
async function goOn(
  run: Run,
  frame: WorkflowFrame,
  state: State,
  body: Body,
  given: RunEvent | undefined,
): Promise<boolean> {
  const arrivals = arrivalsFor(run, frame, given);
  switch (body.kind) {
    case 'sleep':
      return run.context.now() >= body.wakeAt;
    case 'sequence':
      return runSequence(run, groupOf(state, body), body, arrivals.get(body));
    case 'fanOut':
      return runFanOut(run, state, body, arrivals);
    case 'forEach':
      return state.type !== 'foreach' || runForEach(run, state, body, arrivals);
    case 'callback':
      return (
        state.type !== 'callback' ||
        runCallback(run, state, body, given, arrivals)
      );
    default:
      if (state.type === 'switch') {
        return runEventSwitch(run, frame, state, body, given);
      }
      return (
        state.type !== 'event' || runEvents(run, state, body, given, arrivals)
      );
  }
}

/**
 * Leaves the state by the handler that fits the failure.
 *
 * @returns the failure that is left where none fits
 */
async function handle(
  run: Run,
  frame: WorkflowFrame,
  handlers: readonly ErrorHandler[],
  error: RunFailure,
): Promise<RunFailure | undefined> {
  let found: number | undefined;
  try {
    found = await matchFailure(
      run.context.evaluator,
      handlers.map(({ codes }) => codes),
      error.failure,
    );
  } catch (cause) {
    if (!(cause instanceof RunFailure)) {
      throw cause;
    }
    const { child, instance, node } = error;
    return new RunFailure(cause.failure, { child, instance, node });
  }
  if (found === undefined) {
    return error;
  }
  run.log(
    `WARN ${error.node ?? frame.state}: ${error.message}; handled by onErrors`,
  );
  // What went on beside the failed action ends with its state.
  leaveActions(run, frame);
  frame.next = handlers[found].next;
  frame.failed = true;
  return undefined;
}

/** What is given to a state: the event that starts the run, where it has begun by that, else what came. */
function takeGiven(
  run: Run,
  given: RunEvent | undefined,
): RunEvent | undefined {
  const { starting } = run.state;
  if (starting === undefined) {
    return given;
  }
  delete run.state.starting;
  return { kind: 'event', event: starting };
}

/** Whether an event state has had none of the events that it waits for. */
function hasHadNone(state: State, body: Body | undefined): boolean {
  return (
    state.type === 'event' &&
    body?.kind === 'events' &&
    body.open.every(
      (open, i) => open?.length === state.onEvents[i].events.length,
    )
  );
}

async function workOn(
  run: Run,
  frame: WorkflowFrame,
  state: State,
  given: RunEvent | undefined,
): Promise<boolean> {
  const { starting } = run.state;
  let done;
  try {
    frame.body ??= await begin(run, state);
    done =
      frame.body === undefined ||
      (await goOn(run, frame, state, frame.body, takeGiven(run, given)));
    if (!done) {
      failLate(run, frame, state);
      return false;
    }
  } catch (error) {
    const handlers = 'handlers' in state ? state.handlers : [];
    const left =
      error instanceof RunFailure
        ? await handle(run, frame, handlers, error)
        : error;
    if (left !== undefined) {
      if (starting !== undefined && hasHadNone(state, frame.body)) {
        // Nobody sends it again: the run has it when it is retriggered.
        run.state.starting = starting;
      }
      throw left;
    }
  }
  return true;
}

/**
 * Goes on with a state.
 *
 * @param given - what came for the run
 * @returns whether it is done; where the run goes then is in the frame, or is the state's own `next`
 */
export async function workState(
  run: Run,
  frame: WorkflowFrame,
  state: State,
  given: RunEvent | undefined,
): Promise<boolean> {
  if (state.type === 'inject') {
    run.setData(merge(run.state.data, state.data) ?? null);
  } else if (state.type === 'switch' && state.eventConditions.length === 0) {
    // Its conditions are not its onErrors' to catch.
    frame.next = await choose(run, state);
  } else if (!(await workOn(run, frame, state, given))) {
    return false;
  }
  frame.phase = frame.next === undefined ? 'leave' : 'next';
  delete frame.body;
  delete frame.deadline;
  delete frame.scopes;
  return true;
}
