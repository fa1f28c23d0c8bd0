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
  CallbackState,
  EventFilter,
  EventState,
  SwitchState,
} from '../language/Definition';
import { groupOf } from './ActionGroup';
import type { Arrivals } from './arrivals';
import type { Outcome } from './failures';
import {
  type CallbackFrame,
  type EventFrame,
  type FanOutFrame,
  type SequenceFrame,
  sequencesOf,
  type WorkflowFrame,
} from './frames';
import { filterValue, store } from './results';
import { type Run, RunFailure } from './Run';
import type { RunEvent } from './RunEvent';
import { runSideBySide } from './runFanOut';
import { runSequence } from './runSequence';
import { isOver, newSequence } from './sequences';
import { fits } from './waits';

/** Merges what a filter takes of an event into the data. */
async function takeData(
  run: Run,
  { data, to, useData }: EventFilter,
  event: EngineEvent,
): Promise<void> {
  const filter = { used: useData, expression: data, to };
  store(run, filter, await filterValue(run, filter, event.data ?? null));
}

function fitsWait(
  run: Run,
  wait: string,
  given: RunEvent | undefined,
): given is RunEvent & { kind: 'event' } {
  return (
    given?.kind === 'event' &&
    fits(run.definition, wait, given.event, given.name)
  );
}

/** When a wait that begins now is over. */
function waitUntil(run: Run, milliseconds: number | undefined) {
  return milliseconds === undefined
    ? {}
    : { wakeAt: run.context.now() + milliseconds };
}

/** Begins to wait for the events of an event state or of a switch. */
export function beginEvents(
  run: Run,
  state: EventState | SwitchState,
): EventFrame {
  const open =
    state.type === 'event'
      ? state.onEvents.map(({ events }) => [...events])
      : state.eventConditions.map(({ event }) => [event]);
  return {
    kind: 'events',
    open,
    children: open.map(() => null),
    ...waitUntil(run, state.eventTimeout),
  };
}

/** The actions of an entry, which are to begin. */
function actionsOf(
  state: EventState,
  entry: number,
): SequenceFrame | FanOutFrame | null {
  const { actions, parallel } = state.onEvents[entry];
  if (actions.length === 0) {
    return null;
  }
  const numbers = actions.map((_action, i) => i);
  return parallel
    ? { kind: 'fanOut', children: numbers.map(i => newSequence([i], entry)) }
    : newSequence(numbers, entry);
}

/** Gives an event to the entries that wait for it: to the first where one is enough, else to each. */
async function takeEvent(
  run: Run,
  state: EventState,
  body: EventFrame,
  given: RunEvent | undefined,
): Promise<void> {
  for (let i = 0; i < state.onEvents.length; i += 1) {
    const missing = body.open[i] ?? [];
    const name = missing.find(wait => fitsWait(run, wait, given));
    if (name !== undefined && given?.kind === 'event') {
      await takeData(run, state.onEvents[i].filter, given.event);
      if (state.exclusive) {
        body.open = body.open.map(() => null);
        body.children[i] = actionsOf(state, i);
        return;
      }
      const left = missing.filter(wait => wait !== name);
      body.open[i] = left.length === 0 ? null : left;
      if (left.length === 0) {
        body.children[i] = actionsOf(state, i);
      }
    }
  }
}

/** Takes a sequence that is done out of its entry. */
function remove(body: EventFrame, sequence: SequenceFrame): void {
  body.children = body.children.map(child => {
    if (child?.kind === 'fanOut') {
      const children = child.children.map(one =>
        one === sequence ? null : one,
      );
      return children.every(one => one === null)
        ? null
        : { ...child, children };
    }
    return child === sequence ? null : child;
  });
}

/** Goes on with an event state; true where it is done. That no event came in time is no error. */
export async function runEvents(
  run: Run,
  state: EventState,
  body: EventFrame,
  given: RunEvent | undefined,
  arrivals: Arrivals,
): Promise<boolean> {
  const goOn = async (sequence: SequenceFrame, outcome?: Outcome) => {
    const group = groupOf(state, sequence);
    const done = await runSequence(run, group, sequence, outcome);
    if (done) {
      remove(body, sequence);
    }
    return done;
  };
  await runSideBySide(run, [...arrivals.keys()], arrivals, sequence =>
    goOn(sequence, arrivals.get(sequence)),
  );
  await takeEvent(run, state, body, given);
  if (isOver(run, body.wakeAt)) {
    body.open = body.open.map(() => null);
  }
  await runSideBySide(run, sequencesOf(body), new Map(), goOn);
  return [...body.open, ...body.children].every(left => left === null);
}

/** Goes on with a switch that waits for events; true where it is decided. The first event decides, or the time. */
export async function runEventSwitch(
  run: Run,
  frame: WorkflowFrame,
  state: SwitchState,
  body: EventFrame,
  given: RunEvent | undefined,
): Promise<boolean> {
  const condition = state.eventConditions.find(({ event }) =>
    fitsWait(run, event, given),
  );
  if (condition !== undefined && given?.kind === 'event') {
    await takeData(run, condition.filter, given.event);
    frame.next = condition.next;
    return true;
  }
  if (!isOver(run, body.wakeAt)) {
    return false;
  }
  if (state.fallback === undefined) {
    throw new RunFailure({
      kind: 'timeout',
      message: `No event of switch ${state.name} came within ${state.eventTimeout} ms, and it has no default`,
    });
  }
  frame.next = state.fallback;
  return true;
}

/** Begins a callback with its action. */
export function beginCallback(run: Run, state: CallbackState): CallbackFrame {
  return state.action === undefined
    ? { kind: 'callback', ...waitUntil(run, state.eventTimeout) }
    : { kind: 'callback', action: newSequence([0]) };
}

/** Goes on with a callback; true where its event came, or none came in time. */
export async function runCallback(
  run: Run,
  state: CallbackState,
  body: CallbackFrame,
  given: RunEvent | undefined,
  arrivals: Arrivals,
): Promise<boolean> {
  if (body.action !== undefined) {
    const group = groupOf(state, body.action);
    const outcome = arrivals.get(body.action);
    if (!(await runSequence(run, group, body.action, outcome))) {
      return false;
    }
    delete body.action;
    Object.assign(body, waitUntil(run, state.eventTimeout));
    return isOver(run, body.wakeAt);
  }
  if (fitsWait(run, state.event, given)) {
    await takeData(run, state.filter, given.event);
    return true;
  }
  return isOver(run, body.wakeAt);
}
