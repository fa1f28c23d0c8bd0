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
 * The actions of an operation state, one after another.
 *
 * `begin`: the action at `at` is to start · `before`, `after`: it sleeps · `call`: its function is to be called · `pending`: the
 * call is under way; it is an effect · `backoff`: a failed call waits to be made again.
 */
export interface SequenceFrame {
  kind: 'sequence';
  /** Numbers of the actions in their state. */
  actions: number[];
  at: number;
  phase: 'begin' | 'before' | 'call' | 'pending' | 'backoff' | 'after';
  /** The node of the action, once it has begun. */
  node?: number;
  /** Counts the calls of this node; a part of their keys. */
  attempt: number;
  /** Counts the attempts that the retry strategy allows. */
  tries: number;
  /** Milliseconds since the epoch. */
  wakeAt?: number;
  /** The data that the call sees, where other sequences go on beside it. */
  scope?: JsonValue;
}

/** Sequences that go on side by side; a finished one is null. */
export interface FanOutFrame {
  kind: 'fanOut';
  children: (SequenceFrame | null)[];
}

/** Waits for a time. */
export interface SleepFrame {
  kind: 'sleep';
  wakeAt: number;
}

/**
 * The state that a run is in.
 *
 * `enter`: it is to begin · `body`: what it does is under way · `leave`: its output filter is to be applied · `next`: it is done
 */
export interface WorkflowFrame {
  kind: 'workflow';
  state: string;
  phase: 'enter' | 'body' | 'leave' | 'next';
  node?: number;
  body?: SequenceFrame | FanOutFrame | SleepFrame;
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
  error?: { node: string; instance?: number; message: string };
}

/** A call that is to be under way. */
export interface Effect {
  /** Unique in the run; a call that is made again after a recorded failure has another. */
  readonly key: string;
  readonly state: string;
  readonly action: number;
  /** The data that its arguments are made from. */
  readonly data: JsonValue;
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
      action: sequence.actions[sequence.at],
      data: sequence.scope ?? state.data,
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
  };
}
