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

import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import type { EngineRun } from '@flowgate/backstage-plugin-orchestrator-node';
import type { StartedRun } from '../database/RunRow';

type Schemas = components['schemas'];
type InstanceDto = Schemas['ProcessInstanceDTO'];
type NodeDto = Schemas['NodeInstanceDTO'];

const MINUTE = 60 * 1_000;
const HOUR = 60 * MINUTE;

/** A duration as RHDH writes it, for example `0 hours, 1 minutes, 3.2 seconds`. */
export function durationText(duration: number): string {
  const hours = Math.floor(duration / HOUR);
  const minutes = Math.floor((duration % HOUR) / MINUTE);
  const seconds = (duration % MINUTE) / 1_000;
  return `${hours} hours, ${minutes} minutes, ${seconds} seconds`;
}

function timeText(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}

/** What the index knows of a run. Undefined members are left out of the answer. */
function indexedPart(run: StartedRun): InstanceDto {
  return {
    id: run.id,
    processId: run.workflowId,
    processName: run.name,
    version: run.version,
    workspace: run.workspace,
    state: run.state,
    start: new Date(run.start).toISOString(),
    end: timeText(run.end),
    duration:
      run.duration === undefined ? undefined : durationText(run.duration),
    // RHDH's pages read an initiator as `kind:name`.
    initiatorEntity:
      run.initiator === 'anonymous' ? 'anonymous:anonymous' : run.initiator,
    actor: run.actor,
    targetEntity: run.targetEntity,
    lost: run.lostAt === undefined ? undefined : true,
    adopted: run.adopted,
    executionSummary: [],
    nodes: [],
  };
}

function dataOf(details: EngineRun | undefined): InstanceDto['workflowdata'] {
  return details?.data as InstanceDto['workflowdata'];
}

/** A run in a list; without details where its engine gave none. */
export function toListItem(
  run: StartedRun,
  details: EngineRun | undefined,
): InstanceDto {
  return {
    ...indexedPart(run),
    workflowdata: dataOf(details),
    nodes: (details?.nodes ?? []).map(({ id }) => ({
      __typename: 'NodeInstance',
      id,
    })),
  };
}

function toNode(node: EngineRun['nodes'][number]): NodeDto {
  return {
    __typename: 'NodeInstance',
    id: node.id,
    name: node.name,
    type: node.type,
    enter: node.enter,
    exit: node.exit ?? null,
    definitionId: node.definitionId,
    nodeId: node.definitionId,
    errorMessage: node.errorMessage,
  };
}

/** States that a run never leaves. */
const FINAL: readonly string[] = ['COMPLETED', 'ABORTED'];

/** Why nothing goes on with the run; undefined where something does, or where it has ended and its engine has it. */
function lossOf(
  run: StartedRun,
  details: EngineRun | undefined,
): string | undefined {
  if (!details && run.lostAs === 'gone') {
    return 'The engine of the workflow does not have this run any more';
  }
  if (FINAL.includes(run.state)) return undefined;
  if (details?.lost !== undefined) return details.lost;
  return run.lostAs === 'stuck' && !details
    ? 'The engine of the workflow cannot go on with this run'
    : undefined;
}

function toError(
  details: EngineRun | undefined,
  loss: string | undefined,
): InstanceDto['error'] {
  const error = details?.error;
  if (loss === undefined && !error) return null;
  const message = [loss, error?.message].filter(Boolean).join('; before: ');
  return {
    __typename: 'ProcessInstanceError',
    nodeDefinitionId: '',
    ...error,
    message,
  };
}

/** A run on its own, as far as its engine has come with it. */
export function toInstance(
  run: StartedRun,
  details: EngineRun | undefined,
  description: string | undefined,
): InstanceDto {
  const loss = lossOf(run, details);
  return {
    ...indexedPart(currentOf(run, details)),
    lost: loss === undefined ? undefined : true,
    description,
    workflowdata: dataOf(details),
    executionSummary: [...(details?.executionSummary ?? [])],
    nodes: (details?.nodes ?? []).map(toNode),
    error: toError(details, loss),
  };
}

/** The engine is ahead of the index by what its feed has not brought yet, but for runs that were ended in the index alone. */
function currentOf(
  run: StartedRun,
  details: EngineRun | undefined,
): StartedRun {
  if (!details || FINAL.includes(run.state)) return run;
  const end = details.end === undefined ? NaN : Date.parse(details.end);
  return {
    ...run,
    state: details.state,
    end: Number.isNaN(end) ? undefined : end,
    duration: Number.isNaN(end) ? undefined : Math.max(0, end - run.start),
  };
}
