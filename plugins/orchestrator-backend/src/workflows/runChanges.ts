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

import { isOrchestratorId } from '@flowgate/backstage-plugin-orchestrator-common';
import type { RunChange } from '@flowgate/backstage-plugin-orchestrator-node';
import { ownerlessRef } from '../database/runOwnership';
import { type RunRow, UNPLACED } from '../database/RunRow';
import { toStorableText } from '../database/storableText';
import { RUN_STATES } from './search/fields';

/** The most characters of a ref that is taken from the data of a run. */
const MAX_REF = 500;

function isRef(text: unknown): text is string {
  return typeof text === 'string' && text !== '' && text.length <= MAX_REF;
}

/** Whose a run is by its own data, as far as that can be. Nobody gets a run by a name that is of no user. */
function soundAdoption(
  adopted: RunChange['adopted'],
): RunChange['adopted'] | undefined {
  if (!isRef(adopted?.initiator)) return undefined;
  const initiator = toStorableText(adopted.initiator);
  if (!initiator.startsWith('user:')) return undefined;
  const { targetEntity } = adopted;
  return {
    initiator,
    targetEntity: isRef(targetEntity)
      ? toStorableText(targetEntity)
      : undefined,
  };
}

/** A change as the index can store it, or undefined where it cannot be; what cannot be of its origin is left out. */
export function soundChange(change: RunChange): RunChange | undefined {
  const { runId, definitionId, state, revision } = change;
  const isSound =
    isOrchestratorId(runId) &&
    isOrchestratorId(definitionId) &&
    RUN_STATES.includes(state) &&
    Number.isSafeInteger(revision) &&
    revision >= 0;
  if (!isSound) return undefined;
  const { startedAs, parentId } = change;
  const idOf = (id: string | undefined) =>
    id !== undefined && isOrchestratorId(id) ? id : undefined;
  return {
    ...change,
    startedAs: idOf(startedAs),
    // A run that says that it started itself would wait for its own owner.
    parentId: parentId === runId ? undefined : idOf(parentId),
    adopted: soundAdoption(change.adopted),
  };
}

/** What the index keeps of a workflow with its runs. */
export interface WorkflowPlace {
  readonly workspace: string;
  readonly name?: string;
}

/**
 * The row of a run that was not started through this plugin, or of which nobody knows yet that it was.
 *
 * @param place - of its workflow; undefined where that is not known
 */
export function makeRow(
  engineId: string,
  change: RunChange,
  place: WorkflowPlace | undefined,
): RunRow {
  const { provenance, definitionId } = change;
  const initiator = provenance?.initiator ?? ownerlessRef(engineId);
  return {
    id: change.runId,
    engineId,
    workflowId: definitionId,
    version: change.version,
    name: place?.name ?? definitionId,
    workspace: toStorableText(
      provenance?.workspace ?? place?.workspace ?? UNPLACED,
    ),
    initiator: toStorableText(initiator),
    owner: toStorableText(provenance?.owner ?? initiator),
    actor: provenance?.actor,
    tokenId: provenance?.tokenId,
    targetEntity:
      provenance?.targetEntity && toStorableText(provenance.targetEntity),
    state: change.state,
    revision: -1,
  };
}
