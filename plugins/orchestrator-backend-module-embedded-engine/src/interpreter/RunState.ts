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

/** What went wrong in a run. */
export interface Failure {
  /**
   * `http`: a call was answered with a status of failure; `network`: it was not answered; `timeout`: not in time; `answer`: with
   * something that is not JSON; `expression`: jq failed; `secret`: a secret is missing; `refused`: the call may not be made;
   * `limit`: a limit of the engine.
   */
  readonly kind:
    | 'http'
    | 'network'
    | 'timeout'
    | 'answer'
    | 'expression'
    | 'secret'
    | 'refused'
    | 'child'
    | 'limit'
    | 'definition';
  /** May be shown to whoever may read the run. */
  readonly message: string;
  /** What error codes are compared with, where it is not the message. */
  readonly matched?: string;
  /** The status of the answer. */
  readonly status?: number;
}

/** What a call came to. */
export type Outcome =
  | { readonly value: JsonValue }
  | { readonly failure: Failure };

/**
 * Actions, one after another: those of an operation state, of a branch, of an iteration, of an event or of a callback.
 *
 * `begin`: the action at `at` is to start · `before`, `after`: it sleeps · `call`: its function is to be called · `pending`: the
 * call is under way; it is an effect · `waiting`: it waits for an event · `backoff`: a failed call waits to be made again.
 */
export interface SequenceFrame {
  kind: 'sequence';
  /** Numbers of the actions in their group. */
  actions: number[];
  /** The number of the branch or of the entry of `onEvents`; 0 elsewhere. */
  group: number;
  at: number;
  phase:
    | 'begin'
    | 'before'
    | 'call'
    | 'pending'
    | 'waiting'
    | 'backoff'
    | 'after';
  /** The node of the action, once it has begun. */
  node?: number;
  /** Counts the calls of this node; a part of their keys. */
  attempt: number;
  /** Counts the attempts that the retry strategy allows. */
  tries: number;
  /** Milliseconds since the epoch. */
  wakeAt?: number;
  /** When the time of the call under way is over; milliseconds since the epoch. */
  callDeadline?: number;
  /** When the time of the whole sequence is over. */
  deadline?: number;
  /** The data that the call sees, where other sequences go on beside it. */
  scope?: JsonValue;
  /** The number of the iteration, whose item is in the frame of its state. */
  item?: number;
  /** The result of the action before, for `$WORKFLOW.prevActionResult` of an iteration. */
  previous?: JsonValue;
}

/** Sequences that go on side by side; a finished one is null. */
export interface FanOutFrame {
  kind: 'fanOut';
  children: (SequenceFrame | null)[];
  /** How many have to be done; all where absent. */
  needed?: number;
}

/** The iterations of a foreach state. Only those under way have frames. */
export interface ForEachFrame {
  kind: 'forEach';
  items: JsonValue[];
  /** Whether the collection was null: then one iteration goes on without its variable. */
  unbound?: boolean;
  /** The number of the next iteration to begin. */
  next: number;
  children: SequenceFrame[];
  /** The results by number; null where there is none. */
  results: JsonValue[];
}

/** Waits for a time. */
export interface SleepFrame {
  kind: 'sleep';
  wakeAt: number;
}

/**
 * Waits for events, and does what their entries say.
 *
 * `waiting`: for the events of `open` entries · `acting`: the sequences of entries go on
 */
export interface EventFrame {
  kind: 'events';
  /** For each entry, the names of declarations of which an event is missing still; null where the entry is done with waiting. */
  open: (string[] | null)[];
  /** The sequences of entries that have begun, by number of the entry; null where done. */
  children: (SequenceFrame | FanOutFrame | null)[];
  /** When it stops waiting; milliseconds since the epoch. */
  wakeAt?: number;
}

/** A callback: its action, then its event. */
export interface CallbackFrame {
  kind: 'callback';
  /** Absent once it is done. */
  action?: SequenceFrame;
  /** When it stops waiting; milliseconds since the epoch. */
  wakeAt?: number;
}

/** What a state does. */
export type Body =
  | SequenceFrame
  | FanOutFrame
  | ForEachFrame
  | SleepFrame
  | EventFrame
  | CallbackFrame;

/**
 * The state that a run is in.
 *
 * `enter`: it is to begin · `body`: what it does is under way · `leave`: its output filter is to be applied · `next`: it is done ·
 * `kept`: the run has come to an end, and is kept active
 */
export interface WorkflowFrame {
  kind: 'workflow';
  state: string;
  phase: 'enter' | 'body' | 'leave' | 'next' | 'kept';
  node?: number;
  body?: Body;
  /** When the time of the state is over; milliseconds since the epoch. */
  deadline?: number;
}

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
  /** The time of the run is over, and the state that its definition names runs before it is aborted. */
  expired?: boolean;
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
  readonly previous?: JsonValue;
}

/** An event that a run waits for now. */
export interface Wait {
  /** The name of its declaration. */
  readonly event: string;
}

/** The sequences of a run that are not finished. */
export function sequences(state: RunState): SequenceFrame[] {
  const body = state.frame?.body;
  switch (body?.kind) {
    case 'sequence':
      return [body];
    case 'fanOut':
      return body.children.filter(child => child !== null) as SequenceFrame[];
    default:
      return [];
  }
}

/** The key of the call that a sequence waits for. */
export function callKey(sequence: SequenceFrame): string {
  return `${sequence.node}.${sequence.attempt}`;
}

/** The calls that are to be under way. */
export function effects(state: RunState): Effect[] {
  if (state.status !== 'ACTIVE' || state.frame === undefined) {
    return [];
  }
  const { frame } = state;
  return sequences(state)
    .filter(sequence => sequence.phase === 'pending')
    .map(sequence => ({
      key: callKey(sequence),
      state: frame.state,
      place: { group: sequence.group, action: sequence.actions[sequence.at] },
      data: sequence.scope ?? state.data,
      variables: {},
    }));
}

/** When the run is to be woken next, in milliseconds since the epoch. */
export function wakeAt(state: RunState): number | undefined {
  if (state.status !== 'ACTIVE') {
    return undefined;
  }
  const body = state.frame?.body;
  const times =
    body?.kind === 'sleep'
      ? [body.wakeAt]
      : sequences(state).flatMap(({ wakeAt: time }) => time ?? []);
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
