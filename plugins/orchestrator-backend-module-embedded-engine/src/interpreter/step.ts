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

import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import type {
  ErrorHandler,
  OperationState,
  State,
  WorkflowDefinition,
} from '../language/Definition';
import { matchFailure } from './matchErrors';
import { type Records, Run, RunFailure, type StepContext } from './Run';
import {
  callKey,
  type Outcome,
  type RunState,
  sequences,
  type WorkflowFrame,
} from './RunState';
import { runSequence } from './runSequence';
import { checkErrorMessage, enter, filter, go } from './stateSteps';

/** What happens to a run. */
export type RunEvent =
  /** It is to go on: at its start, at a time, or after a pause of the engine. */
  | { readonly kind: 'wake' }
  | {
      readonly kind: 'result';
      readonly key: string;
      readonly outcome: Outcome;
    }
  /** An event for which the run waits now; `name` is that of the declaration, where whoever sent it said so. */
  | {
      readonly kind: 'event';
      readonly event: EngineEvent;
      readonly name?: string;
    };

/** The next state of a run, and what came up on the way. */
export interface StepResult {
  readonly state: RunState;
  readonly records: Records;
}

/** Goes on with the actions of a state; true where they are done. */
async function operate(
  run: Run,
  frame: WorkflowFrame,
  state: OperationState,
  result: Result | undefined,
): Promise<boolean> {
  const body = frame.body;
  if (body?.kind === 'sequence') {
    return runSequence(run, state, body, take(result, callKey(body)), false);
  }
  if (body?.kind === 'fanOut') {
    for (let i = 0; i < body.children.length; i += 1) {
      const child = body.children[i];
      if (
        child !== null &&
        (await runSequence(
          run,
          state,
          child,
          take(result, callKey(child)),
          true,
        ))
      ) {
        body.children[i] = null;
      }
    }
    return body.children.every(child => child === null);
  }
  return true;
}

/** The result that woke the run; it is used once. */
interface Result {
  readonly key: string;
  outcome?: Outcome;
}

function take(result: Result | undefined, key: string): Outcome | undefined {
  if (result?.key !== key) {
    return undefined;
  }
  const { outcome } = result;
  result.outcome = undefined;
  return outcome;
}

/** Leaves the state by the handler that fits the failure; false where none does. */
async function handle(
  run: Run,
  frame: WorkflowFrame,
  handlers: readonly ErrorHandler[],
  error: RunFailure,
): Promise<boolean> {
  const found = await matchFailure(
    run.context.evaluator,
    handlers.map(({ codes }) => codes),
    error.failure,
  );
  if (found === undefined) {
    return false;
  }
  run.log(
    `WARN ${error.node ?? frame.state}: ${error.message}; handled by onErrors`,
  );
  // What went on beside the failed action ends with its state.
  sequences(run.state).forEach(({ node }) => run.leave(node));
  go(run, frame, handlers[found].next);
  return true;
}

async function work(
  run: Run,
  frame: WorkflowFrame,
  state: State,
  result: Result | undefined,
): Promise<boolean> {
  if (state.type !== 'operation') {
    if (frame.body?.kind === 'sleep' && run.context.now() < frame.body.wakeAt) {
      return false;
    }
    frame.phase = 'leave';
    delete frame.body;
    return true;
  }
  try {
    if (!(await operate(run, frame, state, result))) {
      return false;
    }
  } catch (error) {
    if (
      error instanceof RunFailure &&
      (await handle(run, frame, state.handlers, error))
    ) {
      return true;
    }
    throw error;
  }
  frame.phase = 'leave';
  delete frame.body;
  return true;
}

/** Takes the run on by one phase of its state; false where it has to wait. */
async function advance(run: Run, result: Result | undefined): Promise<boolean> {
  const { frame, status } = run.state;
  if (frame === undefined || status !== 'ACTIVE') {
    return false;
  }
  const state = run.definition.states.get(frame.state);
  if (state === undefined) {
    throw new RunFailure({
      kind: 'definition',
      message: `The definition has no state ${frame.state}`,
    });
  }
  switch (frame.phase) {
    case 'enter':
      await enter(run, frame, state);
      return true;
    case 'body':
      return work(run, frame, state, result);
    case 'leave':
      await filter(run, state.output);
      frame.phase = 'next';
      return true;
    default:
      await checkErrorMessage(run, state);
      if (state.type !== 'switch') {
        go(run, frame, state.next);
      }
      return true;
  }
}

function fail(run: Run, error: RunFailure): void {
  const { state } = run;
  const node = error.node ?? state.frame?.state ?? '';
  const instance = error.instance ?? state.frame?.node;
  state.status = 'ERROR';
  state.error = { node, instance, message: error.message };
  if (instance !== undefined && !run.records.ended.has(instance)) {
    // The node stays active: it is where the run can be retriggered.
    run.records.ended.set(instance, { seq: instance, error: error.message });
  }
  run.log(`ERROR ${node}: ${error.message}`);
}

/**
 * Takes a run from one event to where it waits again or has ended. It changes nothing but what it returns: the same state, event
 * and context give the same result.
 */
export async function step(
  definition: WorkflowDefinition,
  state: RunState,
  event: RunEvent,
  context: StepContext,
): Promise<StepResult> {
  const run = new Run(
    definition,
    { ...state, frame: structuredClone(state.frame) },
    context,
  );
  const result: Result | undefined =
    event.kind === 'result'
      ? { key: event.key, outcome: event.outcome }
      : undefined;
  try {
    while (await advance(run, result)) {
      // on to the next phase
    }
  } catch (error) {
    if (!(error instanceof RunFailure)) {
      throw error;
    }
    fail(run, error);
  }
  return { state: run.state, records: run.records };
}

/** An errored run as it is taken on again, from the node that failed. */
export function retriggered(
  definition: WorkflowDefinition,
  state: RunState,
  context: StepContext,
): StepResult {
  const run = new Run(
    definition,
    { ...state, frame: structuredClone(state.frame) },
    context,
  );
  run.state.status = 'ACTIVE';
  delete run.state.error;
  // The budget is there against endless loops; whoever runs it again grants it anew.
  run.state.steps = 0;
  const node = run.state.frame?.node;
  if (node !== undefined) {
    run.records.ended.set(node, { seq: node });
  }
  run.log('INFO The run is retriggered');
  return { state: run.state, records: run.records };
}
