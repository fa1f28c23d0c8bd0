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
import { actionsOf } from '../language/actionsOf';
import type {
  EventDeclaration,
  Next,
  State,
  WorkflowDefinition,
} from '../language/Definition';
import { attributesOf, hasFixedValues } from './correlation';

/** The names of events that a state waits for by itself. */
function awaitedBy(state: State): string[] {
  switch (state.type) {
    case 'event':
      return state.onEvents.flatMap(({ events }) => events);
    case 'switch':
      return state.eventConditions.map(({ event }) => event);
    case 'callback':
      return [state.event];
    default:
      return [];
  }
}

function exitsOf(state: State): Next[] {
  const exits: (Next | undefined)[] =
    state.type === 'switch'
      ? [
          ...state.conditions.map(({ next }) => next),
          ...state.eventConditions.map(({ next }) => next),
          state.fallback,
        ]
      : [state.next];
  const handlers = 'handlers' in state ? state.handlers : [];
  return [...exits, ...handlers.map(({ next }) => next)].filter(
    exit => exit !== undefined,
  );
}

function isReached(definition: WorkflowDefinition, name: string): boolean {
  return (
    definition.timeout?.runBefore === name ||
    [...definition.states.values()].some(
      state =>
        state.compensatedBy === name ||
        exitsOf(state).some(
          exit => exit.kind === 'transition' && exit.to === name,
        ),
    )
  );
}

/** Whether the event that begins a run leaves its first state waiting for others. */
function needsMore(state: State): boolean {
  return (
    state.type === 'event' &&
    (state.exclusive
      ? false
      : new Set(state.onEvents.flatMap(({ events }) => events)).size > 1)
  );
}

function declarations(
  definition: WorkflowDefinition,
  names: readonly string[],
): EventDeclaration[] {
  return [...new Set(names)].flatMap(name => {
    const declaration = definition.events.get(name);
    return declaration?.kind === 'consumed' ? [declaration] : [];
  });
}

/** The events that start runs of a definition. */
export function startingEvents(
  definition: WorkflowDefinition,
): EventDeclaration[] {
  const state = definition.states.get(definition.start);
  return state !== undefined && definition.startsByEvent
    ? declarations(definition, awaitedBy(state))
    : [];
}

const awaitedEvents = new WeakMap<WorkflowDefinition, EventDeclaration[]>();

/** The events that a run of a definition may wait for once it is there. The one that begins it is not, where nothing waits for it again. */
export function eventsOfRuns(
  definition: WorkflowDefinition,
): readonly EventDeclaration[] {
  let known = awaitedEvents.get(definition);
  if (known === undefined) {
    const names = [...definition.states.values()].flatMap(state => [
      ...(state.name === definition.start &&
      definition.startsByEvent &&
      !needsMore(state) &&
      !isReached(definition, state.name)
        ? []
        : awaitedBy(state)),
      ...actionsOf(state).flatMap(({ call }) =>
        call.kind === 'event' && call.awaits !== undefined ? call.awaits : [],
      ),
    ]);
    known = declarations(definition, names);
    awaitedEvents.set(definition, known);
  }
  return known;
}

/** Whether an event is one of those that a declaration means: of its type and source, and with the values that it gives. */
export function isMeant(
  declaration: EventDeclaration,
  event: EngineEvent,
): boolean {
  return (
    declaration.type === event.type &&
    (declaration.source === undefined || declaration.source === event.source) &&
    hasFixedValues(declaration, attributesOf(event))
  );
}
