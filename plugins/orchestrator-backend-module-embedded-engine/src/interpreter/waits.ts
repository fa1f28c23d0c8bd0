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
import { isMeant } from '../events/declarations';
import {
  actionAt,
  type State,
  type WorkflowDefinition,
} from '../language/Definition';
import { type RunState, sequences, type Wait } from './RunState';

/**
 * Whether an event is one that is waited for.
 *
 * @param wait - the name of the declaration that is waited for
 * @param name - the name of the declaration, where whoever sent the event said so; the rest of the event does not matter then
 */
export function fits(
  definition: WorkflowDefinition,
  wait: string,
  event: EngineEvent,
  name?: string,
): boolean {
  if (name !== undefined) {
    return wait === name;
  }
  const declaration = definition.events.get(wait);
  return declaration !== undefined && isMeant(declaration, event);
}

/** The events that actions of a state wait for. */
function awaitedByActions(state: State, run: RunState): string[] {
  return sequences(run)
    .filter(({ phase }) => phase === 'waiting')
    .flatMap(({ actions, at, group }) => {
      const call = actionAt(state, { group, action: actions[at] })?.call;
      return call?.kind === 'event' && call.awaits !== undefined
        ? [call.awaits]
        : [];
    });
}

/** The events that a run waits for now, by the names of their declarations. */
export function waits(definition: WorkflowDefinition, run: RunState): Wait[] {
  const { frame, status } = run;
  const state =
    frame?.phase === 'body' ? definition.states.get(frame.state) : undefined;
  if (status !== 'ACTIVE' || state === undefined) {
    return [];
  }
  const names = awaitedByActions(state, run);
  const body = frame?.body;
  if (body?.kind === 'events') {
    names.push(...body.open.flatMap(open => open ?? []));
  } else if (
    body?.kind === 'callback' &&
    body.action === undefined &&
    state.type === 'callback'
  ) {
    names.push(state.event);
  }
  return [...new Set(names)].map(event => ({ event }));
}
