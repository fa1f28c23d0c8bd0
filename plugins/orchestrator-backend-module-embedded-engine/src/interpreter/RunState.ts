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

import type { JsonObject, JsonValue } from '@backstage/types';
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import type { ActionPlace, Next } from '../language/Definition';
import {
  type Body,
  type SequenceFrame,
  sequencesOf,
  type WorkflowFrame,
} from './frames';

export type { Failure, Outcome } from './failures';

/** All there is of a run. It is JSON, and everything else about a run derives from it. */
export interface RunState {
  status: 'ACTIVE' | 'ERROR' | 'COMPLETED' | 'ABORTED';
  data: JsonValue;
  /** What the run was started with, for `$WORKFLOW.input`. */
  input: JsonValue;
  frame?: WorkflowFrame;
  /** How many nodes were entered. */
  nodes: number;
  /** How many steps were taken, of those that a run may take. */
  steps: number;
  /** How many lines were logged, and the id of the last. */
  lines: number;
  lastLine: string;
  error?: {
    node: string;
    instance?: number;
    message: string;
    /** The key of the sub-flow whose failure it is: should that come right after all, the run goes on with its result. */
    child?: string;
  };
  /** When the time of the run is over; milliseconds since the epoch. */
  deadline?: number;
  /** The state in which the time of the run was over: the one that its definition names runs before it is aborted. */
  expired?: string;
  /** The names of completed states that can be compensated, oldest first. */
  completed?: string[];
  /** Compensation under way: the states that are left, the next one last, and where the run goes then. */
  compensation?: { left: string[]; then: Next };
  /** The event that starts the run, until its first state has taken it. */
  starting?: EngineEvent;
  /** The extension attributes of the event that started the run, as far as events of its definition correlate by them. */
  correlation?: { [attribute: string]: string };
  /** Counts what was recorded in the history of the run. */
  events: number;
  /** Counts the events that it produced; a part of their ids. */
  produced: number;
}

/** Something outside of the run that is to be under way. */
export interface Effect {
  /** Unique in the run; a call that is made again after a recorded failure has another. */
  readonly key: string;
  readonly state: string;
  readonly place: ActionPlace;
  /** The data that its arguments are made from. */
  readonly data: JsonValue;
  /** Variables beside those of the engine: the item of an iteration. */
  readonly variables: JsonObject;
  /** `$WORKFLOW.prevActionResult`. */
  readonly previous?: JsonValue;
}

/** An event that a run waits for now. */
export interface Wait {
  /** The name of its declaration. */
  readonly event: string;
}

/** The sequences of a run that are not finished. */
export function sequences(state: RunState): SequenceFrame[] {
  return sequencesOf(state.frame?.body);
}

/** The key of the call that a sequence waits for. */
export function callKey(sequence: SequenceFrame): string {
  return `${sequence.node}.${sequence.attempt}`;
}

/** The variables of an iteration. */
export function itemVariables(
  body: Body | undefined,
  { item }: SequenceFrame,
): JsonObject {
  return body?.kind === 'forEach' && item !== undefined && !body.unbound
    ? { [body.parameter]: body.items[item] }
    : {};
}

/** The calls that are to be under way. */
export function effects(state: RunState): Effect[] {
  if (state.status !== 'ACTIVE' || state.frame === undefined) {
    return [];
  }
  const { frame } = state;
  return sequences(state)
    .filter(({ arrived, phase }) => phase === 'pending' && !arrived)
    .map(sequence => ({
      key: callKey(sequence),
      state: frame.state,
      place: { group: sequence.group, action: sequence.actions[sequence.at] },
      data:
        sequence.scope === undefined
          ? state.data
          : frame.scopes?.[sequence.scope]?.data ?? state.data,
      variables: itemVariables(frame.body, sequence),
      previous: sequence.previous,
    }));
}

/**
 * The keys of the calls whose results a run takes, now or once it is taken on again after an error. The result of another is late,
 * and a sub-flow that is not among them any more is nobody's.
 */
export function openCalls(state: RunState): string[] {
  const keys = sequences(state)
    .filter(({ arrived, phase }) => phase === 'pending' && !arrived)
    .map(callKey);
  const child = state.error?.child;
  return state.status === 'ERROR' && child !== undefined
    ? [...keys, child]
    : keys;
}

/** When the body of a state is to be woken by itself. */
function bodyTime(body: Body | undefined): number | undefined {
  switch (body?.kind) {
    case 'sleep':
      return body.wakeAt;
    case 'events':
      return body.open.some(open => open !== null) ? body.wakeAt : undefined;
    case 'callback':
      return body.action === undefined ? body.wakeAt : undefined;
    default:
      return undefined;
  }
}

/** When the run is to be woken next, in milliseconds since the epoch. */
export function wakeAt(state: RunState): number | undefined {
  const { frame } = state;
  if (state.status !== 'ACTIVE' || frame === undefined) {
    return undefined;
  }
  const times = [
    state.expired === undefined ? state.deadline : undefined,
    frame.phase === 'body' ? frame.deadline : undefined,
    bodyTime(frame.body),
    ...sequences(state).flatMap(sequence => [
      sequence.wakeAt,
      sequence.callDeadline,
      sequence.deadline,
    ]),
  ].filter(time => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** A run that is to begin. */
export function initialState(start: string, input: JsonValue): RunState {
  return {
    status: 'ACTIVE',
    data: input,
    input,
    frame: { kind: 'workflow', state: start, phase: 'enter' },
    nodes: 0,
    steps: 0,
    lines: 0,
    lastLine: '0',
    events: 0,
    produced: 0,
  };
}
