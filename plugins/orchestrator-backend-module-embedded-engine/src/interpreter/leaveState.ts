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

import type { Next, State } from '../language/Definition';
import type { WorkflowFrame } from './frames';
import { stateNode } from './nodes';
import { produce } from './produce';
import { type Run, RunFailure } from './Run';

/** The error of a run whose time is over. */
export function setTimeIsOver(run: Run, node: string): void {
  const { timeout } = run.definition;
  run.state.error = {
    node,
    message: `The run was not done within ${timeout?.duration} ms, its workflowExecTimeout`,
  };
  delete run.state.frame;
  run.log(`ERROR ${node}: ${run.state.error.message}`);
  run.setStatus('ABORTED');
}

/** Where a run goes on after a compensation, or goes at once. */
async function proceed(
  run: Run,
  frame: WorkflowFrame,
  state: State,
  next: Next,
): Promise<void> {
  await produce(run, next.produce);
  run.leave(stateNode(frame, state));
  delete run.state.compensation;
  if (next.kind === 'transition') {
    run.state.frame = { kind: 'workflow', state: next.to, phase: 'enter' };
    return;
  }
  if (run.definition.keepActive && !next.terminate) {
    run.state.frame = { kind: 'workflow', state: state.name, phase: 'kept' };
    run.log('INFO The run has come to an end, and is kept active');
    return;
  }
  delete run.state.frame;
  run.setStatus('COMPLETED');
}

/** Goes to the next state that compensates, or on to where the compensation was asked for. */
async function compensate(
  run: Run,
  frame: WorkflowFrame,
  state: State,
  left: readonly string[],
  then: Next,
): Promise<void> {
  const name = left[left.length - 1];
  if (name === undefined) {
    await proceed(run, frame, state, then);
    return;
  }
  run.leave(stateNode(frame, state));
  const compensatedBy = run.definition.states.get(name)?.compensatedBy;
  if (compensatedBy === undefined) {
    throw new RunFailure({
      kind: 'definition',
      message: `The definition has no compensation of state ${name}`,
    });
  }
  run.log(`INFO State ${name} is compensated by ${compensatedBy}`);
  run.state.compensation = { left: left.slice(0, -1), then };
  run.state.frame = { kind: 'workflow', state: compensatedBy, phase: 'enter' };
}

/** Leaves a state that compensates: for a further one of its kind, or for what is left to compensate. */
async function goOnCompensating(
  run: Run,
  frame: WorkflowFrame,
  state: State,
  next: Next,
  { left, then }: { left: string[]; then: Next },
): Promise<void> {
  if (next.kind === 'transition') {
    await produce(run, next.produce);
    run.leave(stateNode(frame, state));
    run.state.frame = { kind: 'workflow', state: next.to, phase: 'enter' };
    return;
  }
  if (left.length === 0) {
    const produced = [...next.produce, ...then.produce];
    await proceed(run, frame, state, { ...then, produce: produced });
    return;
  }
  await produce(run, next.produce);
  await compensate(run, frame, state, left, then);
}

/**
 * Leaves a state for the next, for the compensation of those before, or ends the run. Nothing has changed where an expression of an
 * event fails on the way.
 *
 * @param completed - whether the state has come to its own end, and not to an error
 */
export async function leaveState(
  run: Run,
  frame: WorkflowFrame,
  state: State,
  next: Next,
  completed: boolean,
): Promise<void> {
  const { compensation, expired } = run.state;
  if (expired !== undefined) {
    run.leave(stateNode(frame, state));
    setTimeIsOver(run, expired);
    return;
  }
  if (compensation !== undefined) {
    await goOnCompensating(run, frame, state, next, compensation);
    return;
  }
  const compensable = [
    ...(run.state.completed ?? []),
    ...(completed && state.compensatedBy !== undefined ? [state.name] : []),
  ];
  if (next.compensate && compensable.length > 0) {
    const then = { ...next, compensate: false };
    await compensate(run, frame, state, compensable, then);
    delete run.state.completed;
    return;
  }
  await proceed(run, frame, state, next);
  if (compensable.length > 0 && run.state.status === 'ACTIVE') {
    run.state.completed = compensable;
  }
}
