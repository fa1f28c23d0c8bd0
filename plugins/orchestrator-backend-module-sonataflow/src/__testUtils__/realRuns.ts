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

import type { JsonObject } from '@backstage/types';
import type {
  EngineCall,
  EngineRun,
  RunChange,
  RunState,
  StartRequest,
  WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { randomUUID } from 'node:crypto';

/** Who asks in tests. */
export const call: EngineCall = { caller: 'user:default/alice' };

/** A start by Alice, with an id of its own. */
export function startRequest(
  definitionId: string,
  input: JsonObject = {},
): StartRequest {
  return {
    definitionId,
    runId: randomUUID(),
    input,
    provenance: {
      initiator: 'user:default/alice',
      targetEntity: 'component:default/website',
      workspace: 'default',
    },
  };
}

/** Asks until the answer is there; the test's own time-out ends it where it never comes. */
export async function until<T>(
  ask: () => Promise<T | undefined | false>,
): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await new Promise(resolve => {
      setTimeout(resolve, 50);
    });
  }
}

/** Waits until an engine has read the definitions, which takes its time just after the start of the service. */
export async function untilReady(
  engine: WorkflowEngine,
): Promise<WorkflowEngine> {
  await until(async () => {
    const listed = await engine.listDefinitions(call);
    const available = listed.filter(one => one.available);
    return ['contractWaits', 'gateCalls', 'gateEventStart', 'subParent'].every(
      wanted => available.some(({ id }) => id === wanted),
    );
  });
  return engine;
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
  input?: JsonObject,
): Promise<EngineRun> {
  const { id } = await engine.start(startRequest(definitionId, input), call);
  return untilState(engine, id, state);
}

/** Reads changes from the beginning until one is as wanted. */
export async function untilChange(
  engine: WorkflowEngine,
  wanted: (change: RunChange) => boolean,
): Promise<RunChange> {
  let since: string | undefined;
  return until(async () => {
    const batch = await engine.changes(since, { ...call, limit: 200 });
    since = batch.next;
    return batch.changes.find(wanted);
  });
}
