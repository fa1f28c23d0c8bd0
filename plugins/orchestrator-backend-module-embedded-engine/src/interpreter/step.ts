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
import { advance, expire } from './advance';
import { setTimeIsOver } from './leaveState';
import {
  definitionIdOf,
  currentAction,
  leaveActions,
  stateNode,
} from './nodes';
import { Run, RunFailure, type StepContext } from './Run';
import type { RunEvent } from './RunEvent';
import { callKey, openCalls, type RunState, sequences } from './RunState';
import { dropScopes } from './scopes';
import { type StepResult, takeOnAgain } from './transitions';

export type { RunEvent } from './RunEvent';
export { aborted, broken, retriggered, type StepResult } from './transitions';

/** Sets a run in error; the node that failed is where it can be retriggered. */
function fail(run: Run, error: RunFailure): void {
  const { state } = run;
  const { frame } = state;
  const current = frame && run.definition.states.get(frame.state);
  if (state.expired !== undefined && frame !== undefined) {
    run.log(`ERROR ${error.node ?? frame.state}: ${error.message}`);
    leaveActions(run, frame);
    run.leave(stateNode(frame, current), error.message);
    setTimeIsOver(run, state.expired);
    return;
  }
  const node = error.node ?? frame?.state ?? '';
  const instance = error.instance ?? frame?.node;
  state.error = { node, instance, message: error.message, child: error.child };
  if (frame !== undefined && instance === frame.node) {
    // It stays active.
    run.mark(stateNode(frame, current), error.message);
  }
  run.log(`ERROR ${node}: ${error.message}`);
  run.setStatus('ERROR');
}

/**
 * A sub-flow that had failed came right: the run goes on at the very call, with its result.
 *
 * @returns what its call is given then
 */
function reviveAtChild(run: Run, event: RunEvent & { kind: 'result' }) {
  const sequence = sequences(run.state).find(
    ({ child }) => child === event.key,
  );
  if (sequence === undefined || 'failure' in event.outcome) {
    return undefined;
  }
  takeOnAgain(
    run,
    'INFO The sub-flow that had failed is done; the run goes on',
  );
  const { frame } = run.state;
  const action = currentAction(
    frame && run.definition.states.get(frame.state),
    sequence,
  );
  if (frame !== undefined && action !== undefined) {
    const node = run.enter({
      name: action.name,
      type: 'action',
      definitionId: definitionIdOf(frame.state, action.name),
    });
    sequence.node = node.seq;
    sequence.since = node.enter;
  }
  sequence.phase = 'pending';
  delete sequence.child;
  return { ...event, key: callKey(sequence) };
}

/** What an event gives to a run that is in error: the results of calls are kept until it is taken on again. */
function givenInError(run: Run, event: RunEvent): RunEvent | undefined {
  if (event.kind !== 'result' || !openCalls(run.state).includes(event.key)) {
    return undefined;
  }
  if (run.state.error?.child === event.key) {
    return reviveAtChild(run, event);
  }
  const sequence = sequences(run.state).find(
    waiting => callKey(waiting) === event.key,
  );
  if (sequence !== undefined) {
    sequence.arrived = event.outcome;
  }
  return undefined;
}

/**
 * Takes a run from one event to where it waits again or has ended, or to where it has recorded as much as is to be held before it is
 * stored. It changes nothing but what it returns: the same state, event
 * and context give the same result.
 */
export async function step(
  definition: WorkflowDefinition,
  state: RunState,
  event: RunEvent,
  context: StepContext,
): Promise<StepResult> {
  const run = new Run(definition, state, context);
  if (run.state.events === 0 && run.state.status === 'ACTIVE') {
    run.setStatus('ACTIVE');
  }
  let given: RunEvent | undefined = event;
  if (state.status === 'ERROR') {
    given = givenInError(run, event);
  }
  try {
    if (run.state.status === 'ACTIVE') {
      expire(run);
    }
    for (let goesOn = true; goesOn; ) {
      const used = run.state.frame?.phase === 'body' ? given : undefined;
      // What came is for what waited when it came, and for nothing that begins after it.
      given = undefined;
      goesOn = (await advance(run, used)) && !run.holdBack();
    }
  } catch (error) {
    if (!(error instanceof RunFailure)) {
      throw error;
    }
    fail(run, error);
  }
  dropScopes(run.state.frame);
  const goesOn = run.isHeld && run.state.status === 'ACTIVE';
  return { state: run.state, records: run.records, goesOn };
}
