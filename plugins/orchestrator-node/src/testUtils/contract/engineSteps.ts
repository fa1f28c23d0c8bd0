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

import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@backstage/types';
import type {
  EngineCall,
  EngineRun,
  RunChange,
  RunState,
  StartRequest,
  WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';

/** Every call of the suite is made by this caller. */
export const call: EngineCall = { caller: 'user:default/contract' };

/** A start with a new id. */
export function startRequest(
  definitionId: string,
  input: JsonObject = {},
): StartRequest {
  return {
    definitionId,
    runId: randomUUID(),
    input,
    provenance: {
      initiator: 'user:default/contract',
      owner: 'group:default/contract',
      tokenId: 'contract-token',
      actor: 'plugin:scaffolder',
      targetEntity: 'component:default/target',
      workspace: 'default',
    },
  };
}

/** Asks until the answer is there. The test's own time-out ends it where it never comes. */
export async function until<T>(
  ask: () => Promise<T | undefined | false>,
): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await new Promise(resolve => {
      setTimeout(resolve, 10);
    });
  }
}

/** Waits until a run is in a state. */
export function untilState(
  engine: WorkflowEngine,
  runId: string,
  state: RunState,
): Promise<EngineRun> {
  return until(async () => {
    const run = await engine.get(runId, call);
    return run?.state === state && run;
  });
}

/** Starts a run and waits until it is in a state. */
export async function startUntil(
  engine: WorkflowEngine,
  definitionId: string,
  state: RunState,
): Promise<EngineRun> {
  const { id } = await engine.start(startRequest(definitionId), call);
  return untilState(engine, id, state);
}

/** Reads changes as the index does, acknowledging each batch, until a condition on all that were read holds. */
export async function readChanges(
  engine: WorkflowEngine,
  enough: (changes: readonly RunChange[]) => boolean,
  options: { since?: string; limit?: number } = {},
): Promise<{ changes: RunChange[]; next: string | undefined }> {
  const changes: RunChange[] = [];
  let next = options.since;
  await until(async () => {
    const batch = await engine.changes(next, {
      ...call,
      limit: options.limit ?? 100,
    });
    changes.push(...batch.changes);
    next = batch.next;
    return enough(changes);
  });
  return { changes, next };
}

/** The newest change of a run among some. */
export function newest(
  changes: readonly RunChange[],
  runId: string,
): RunChange | undefined {
  return changes
    .filter(change => change.runId === runId)
    .sort((a, b) => b.revision - a.revision)[0];
}
