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

import type { WorkflowDefinition } from '../language/Definition';
import { leaveActions, stateNode } from './nodes';
import { type Records, Run, type StepContext } from './Run';
import type { RunState } from './RunState';
import { renewDeadlines } from './stateTimeouts';

/** The next state of a run, and what came up on the way. */
export interface StepResult {
  readonly state: RunState;
  readonly records: Records;
  /** Whether the run only stopped because much was recorded: once that is stored, it is to be woken. */
  readonly goesOn?: boolean;
}

/** Stands for a definition that cannot be read any more. */
const UNREADABLE: WorkflowDefinition = {
  id: '',
  name: '',
  version: '',
  workspace: '',
  start: '',
  states: new Map(),
  constants: {},
  failOnValidationErrors: false,
  events: new Map(),
  startsByEvent: false,
  keepActive: false,
  providers: [],
};

/** Lets a run in error go on where it failed. @param line - what the log says of it */
export function takeOnAgain(run: Run, line: string): void {
  const { state } = run;
  delete state.error;
  // The budget is there against endless loops; whoever runs it again grants it anew.
  state.steps = 0;
  renewDeadlines(run);
  if (state.frame !== undefined) {
    const { frame } = state;
    run.mark(stateNode(frame, run.definition.states.get(frame.state)));
  }
  run.log(line);
  run.setStatus('ACTIVE');
}

/** A run in error as it is taken on again, from the node that failed. */
export function retriggered(
  definition: WorkflowDefinition,
  state: RunState,
  context: StepContext,
): StepResult {
  const run = new Run(definition, state, context);
  takeOnAgain(run, 'INFO The run is retriggered');
  return { state: run.state, records: run.records };
}

/**
 * A run that is ended from outside, with what it was at left. The error of a run that had failed stays.
 *
 * @param definition - undefined where it cannot be read any more
 */
export function aborted(
  definition: WorkflowDefinition | undefined,
  state: RunState,
  context: StepContext,
): StepResult {
  const run = new Run(definition ?? UNREADABLE, state, context);
  const { frame } = run.state;
  if (frame !== undefined) {
    const { error } = run.state;
    const failed = error !== undefined && error.instance === frame.node;
    leaveActions(run, frame);
    run.leave(
      stateNode(frame, run.definition.states.get(frame.state)),
      failed ? error.message : undefined,
    );
  }
  delete run.state.frame;
  delete run.state.compensation;
  run.log('INFO The run is aborted');
  run.setStatus('ABORTED');
  return { state: run.state, records: run.records };
}

/**
 * A run in error for a reason of the engine's own.
 *
 * @param message - may be shown to whoever may read the run
 */
export function broken(
  definition: WorkflowDefinition | undefined,
  state: RunState,
  message: string,
  context: StepContext,
): StepResult {
  const run = new Run(definition ?? UNREADABLE, state, context);
  run.state.error = { node: run.state.frame?.state ?? '', message };
  run.log(`ERROR ${message}`);
  run.setStatus('ERROR');
  return { state: run.state, records: run.records };
}
