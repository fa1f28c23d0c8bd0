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

import {
  type EmbeddedEventsConfig,
  mayReachWorkspace,
} from '../config/EngineConfig';
import { actionsOf } from '../language/actionsOf';
import type { WorkflowDefinition } from '../language/Definition';
import type { DefinitionRegistry } from './DefinitionRegistry';

/** A run whose sub-flows are of more workflows is asked for the tokens of no others. */
const MAX_DEFINITIONS = 100;

function subFlowsOf(definition: WorkflowDefinition): string[] {
  return [...definition.states.values()]
    .flatMap(actionsOf)
    .flatMap(({ call }) => (call.kind === 'subFlow' ? [call.workflowId] : []));
}

/** The providers whose tokens a run of a definition may use, with those of all sub-flows that it may come to start. */
export async function providersOf(
  definition: WorkflowDefinition,
  registry: Pick<DefinitionRegistry, 'find'>,
  events: EmbeddedEventsConfig,
): Promise<readonly string[]> {
  const known = new Map([[definition.id, definition]]);
  // Grows while it is walked through.
  const definitions = [definition];
  for (const parent of definitions) {
    for (const id of subFlowsOf(parent)) {
      if (!known.has(id) && known.size < MAX_DEFINITIONS) {
        const child = (await registry.find(id))?.compiled?.definition;
        if (
          child !== undefined &&
          mayReachWorkspace(events, parent.workspace, child.workspace)
        ) {
          known.set(id, child);
          definitions.push(child);
        }
      }
    }
  }
  return [...new Set(definitions.flatMap(({ providers }) => providers))];
}
