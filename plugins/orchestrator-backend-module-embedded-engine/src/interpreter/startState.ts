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
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import { correlationOf } from '../events/correlation';
import type { WorkflowDefinition } from '../language/Definition';
import { initialState, type RunState } from './RunState';

/**
 * A run that is to begin.
 *
 * @param input - what it is started with; not used where an event starts it
 * @param now - milliseconds since the epoch
 * @param event - what starts it; its first state takes it
 */
export function startState(
  definition: WorkflowDefinition,
  input: JsonValue,
  { event, now }: { readonly now: number; readonly event?: EngineEvent },
): RunState {
  const state = initialState(
    definition.start,
    event === undefined ? input : {},
  );
  if (definition.timeout !== undefined) {
    state.deadline = now + definition.timeout.duration;
  }
  if (event !== undefined) {
    state.starting = event;
    state.input = event.data ?? {};
    const correlation = correlationOf(definition, event);
    if (correlation !== undefined) {
      state.correlation = correlation;
    }
  }
  return state;
}
