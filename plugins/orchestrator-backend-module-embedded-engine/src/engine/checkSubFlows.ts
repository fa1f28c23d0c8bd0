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

import type { CompiledDefinition } from '../language/compileDefinition';
import type { DefinitionHead } from '../language/definitionHead';
import type { DefinitionFault } from '../language/readDefinition';

/** What is wrong with the workflows that a definition starts. */
export interface SubFlowFindings {
  readonly faults: readonly DefinitionFault[];
  readonly warnings: readonly string[];
}

/** Whether workflows of one workspace may start those of another. */
export type WorkspaceFence = (from: string, to: string) => boolean;

/**
 * Checks that the workflows are there that a definition starts. One of another workspace is there only where the configuration lets the
 * one reach the other: nobody learns from a fault what another workspace has.
 *
 * @param headOf - what is known of a definition, by its id
 */
export async function checkSubFlows(
  { definition, subFlows }: CompiledDefinition,
  mayReach: WorkspaceFence,
  headOf: (id: string) => Promise<DefinitionHead | undefined>,
): Promise<SubFlowFindings> {
  const faults: DefinitionFault[] = [];
  const warnings: string[] = [];
  const heads = new Map<string, DefinitionHead | undefined>([
    // It may start itself, also before it is there.
    [definition.id, definition],
  ]);
  for (const { path, version, workflowId } of subFlows) {
    if (!heads.has(workflowId)) {
      heads.set(workflowId, await headOf(workflowId));
    }
    const head = heads.get(workflowId);
    if (head === undefined || !mayReach(definition.workspace, head.workspace)) {
      faults.push({ path, message: `there is no workflow ${workflowId}` });
    } else if (version !== undefined && version !== head.version) {
      warnings.push(
        `${path}: the workflow ${workflowId} has version ${head.version}, not ${version}; the call will fail`,
      );
    }
  }
  return { faults: faults.slice(0, 100), warnings };
}
