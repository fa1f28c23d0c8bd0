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
import { actionsOf } from '../language/actionsOf';
import type { WorkflowDefinition } from '../language/Definition';

/** What the host needs to know of a definition. */
export interface DefinitionTraits {
  /** Whether its runs may start sub-flows. */
  readonly hasSubFlows: boolean;
  /** Whether its runs have neither messages nor correlations nor given tokens. */
  readonly isPlain: boolean;
}

const known = new WeakMap<WorkflowDefinition, DefinitionTraits>();

/** What the host needs to know of a definition; worked out once. */
export function traitsOf(definition: WorkflowDefinition): DefinitionTraits {
  let traits = known.get(definition);
  if (traits === undefined) {
    const hasSubFlows = [...definition.states.values()].some(state =>
      actionsOf(state).some(({ call }) => call.kind === 'subFlow'),
    );
    traits = {
      hasSubFlows,
      isPlain:
        !hasSubFlows &&
        definition.events.size === 0 &&
        definition.providers.length === 0,
    };
    known.set(definition, traits);
  }
  return traits;
}
