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
import type { Next } from '../language/Definition';
import type { Outcome } from './failures';

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
  /** When the node was entered; milliseconds since the epoch. */
  since?: number;
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
  /** Which of the scopes of the state the call sees, where the data have changed since it began. */
  scope?: number;
  /** What the call came to, where the run was in error by then. */
  arrived?: Outcome;
  /** The key of the sub-flow that failed here, and whose result is taken should it come right after all. */
  child?: string;
  /** The number of the iteration, whose item is in the frame of its state. */
  item?: number;
  /** The last result of an iteration. */
  previous?: JsonValue;
  /** Characters that the last result has as JSON. */
  previousLength?: number;
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
  /** The name of the variable that holds the item, without `$`. */
  parameter: string;
  items: JsonValue[];
  /** Whether the collection was null: then one iteration goes on without its variable. */
  unbound?: boolean;
  /** The number of the next iteration to begin. */
  next: number;
  children: SequenceFrame[];
  /** The results by number; null where there is none. */
  results: JsonValue[];
  /** Characters that items and results have as JSON. */
  length: number;
}

/** Waits for a time. */
export interface SleepFrame {
  kind: 'sleep';
  wakeAt: number;
}

/** Waits for events, and does what their entries say. */
export interface EventFrame {
  kind: 'events';
  /** For each entry, the names of declarations of which an event is missing still; null where the entry is done with waiting. */
  open: (string[] | null)[];
  /** The actions of entries that have begun, by number of the entry; null where there are none, or none any more. */
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

/** Data that calls under way see, since which the data of the run have changed. */
export interface Scope {
  readonly data: JsonValue;
  /** Characters as JSON. */
  readonly length: number;
}

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
  /** When the node was entered; milliseconds since the epoch. */
  since?: number;
  body?: Body;
  /** By their numbers. */
  scopes?: { [number: number]: Scope };
  /** When the time of the state is over; milliseconds since the epoch. */
  deadline?: number;
  /** Where the run goes, where that is not the state's own `next`. */
  next?: Next;
  /** Whether an error led there: then the state is not completed. */
  failed?: boolean;
}

function copySequence(frame: SequenceFrame): SequenceFrame {
  return { ...frame };
}

function copyFanOut(frame: FanOutFrame): FanOutFrame {
  return {
    ...frame,
    children: frame.children.map(child => child && copySequence(child)),
  };
}

function copyBody(body: Body): Body {
  switch (body.kind) {
    case 'fanOut':
      return copyFanOut(body);
    case 'forEach':
      return {
        ...body,
        children: body.children.map(copySequence),
        results: [...body.results],
      };
    case 'events':
      return {
        ...body,
        open: [...body.open],
        children: body.children.map(
          child =>
            child &&
            (child.kind === 'fanOut' ? copyFanOut(child) : copySequence(child)),
        ),
      };
    case 'callback':
      return { ...body, action: body.action && copySequence(body.action) };
    default:
      return { ...body };
  }
}

/** A frame that can be changed without changing the first; the data in it are shared, since nothing changes them in place. */
export function copyFrame(frame: WorkflowFrame): WorkflowFrame {
  return {
    ...frame,
    ...(frame.body === undefined ? {} : { body: copyBody(frame.body) }),
    ...(frame.scopes === undefined ? {} : { scopes: { ...frame.scopes } }),
  };
}

/** The sequences of a body that are not finished. */
export function sequencesOf(body: Body | undefined): SequenceFrame[] {
  switch (body?.kind) {
    case 'sequence':
      return [body];
    case 'fanOut':
      return body.children.filter(child => child !== null);
    case 'forEach':
      return body.children;
    case 'events':
      return body.children.flatMap(child =>
        child === null ? [] : sequencesOf(child),
      );
    case 'callback':
      return body.action === undefined ? [] : [body.action];
    default:
      return [];
  }
}
