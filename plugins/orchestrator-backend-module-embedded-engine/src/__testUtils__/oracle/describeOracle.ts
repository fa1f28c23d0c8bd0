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

/* eslint-disable jest/no-export -- a suite that is run for each engine */

import type { JsonObject, JsonValue } from '@backstage/types';
import {
  createInputValidator,
  type EngineDefinition,
  type EngineRun,
  type WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { call, start } from '../engines';
import {
  type OracleAnswer,
  type OracleCase,
  oracleCases,
  type OracleOutcome,
  type OracleServiceCall,
} from './oracleCases';

/** How long a run may take to get where a case says. */
const SETTLE_MS = 20_000;
const LOOK_MS = 20;

/** What the workflows of the cases call. */
export interface OracleStub {
  /** Forgets what it has seen, and takes new answers. */
  reset(script: Readonly<Record<string, readonly OracleAnswer[]>>): unknown;
  /** What it was asked since then. */
  calls(): Promise<readonly OracleServiceCall[]>;
}

/** An engine that has the definitions of the cases. */
export interface OracleTarget {
  readonly engine: WorkflowEngine;
  readonly stub: OracleStub;
  close(): Promise<void>;
}

/** Waits until a run is in a state, and gives it as it is where it does not get there. */
async function settled(
  engine: WorkflowEngine,
  runId: string,
  state: string,
): Promise<EngineRun | undefined> {
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const run = await engine.get(runId, call);
    if (run?.state === state || Date.now() > deadline) return run;
    await new Promise(resolve => {
      setTimeout(resolve, LOOK_MS);
    });
  }
}

/** Whether the way in would refuse the input, by the schema that the engine gives. */
function isRefused(
  { inputSchema, failOnValidationErrors }: EngineDefinition,
  input: JsonObject,
): boolean {
  return (
    inputSchema !== undefined &&
    failOnValidationErrors &&
    createInputValidator(inputSchema)(input).length > 0
  );
}

/** Does what a case says, and looks what comes of it. */
async function replay(
  { engine, stub }: OracleTarget,
  definition: EngineDefinition,
  { input: body = {}, stub: script = {}, events = [] }: OracleCase,
  wantedState: string,
): Promise<OracleOutcome> {
  // The way in unwraps what RHDH's clients send, as SonataFlow does.
  const input = (body.workflowdata ?? body) as JsonObject;
  await stub.reset(script);
  if (isRefused(definition, input)) {
    return { state: 'NONE', calls: await stub.calls() };
  }
  const runId = await start(engine, definition.id, input);
  for (const { waitState, manage } of events) {
    if (waitState !== undefined) await settled(engine, runId, waitState);
    if (manage === 'abort') await engine.abort(runId, call);
    if (manage === 'retrigger') await engine.retrigger(runId, call);
  }
  const run = await settled(engine, runId, wantedState);
  const normalised = <T extends JsonValue>(value: T): T =>
    JSON.parse(JSON.stringify(value).replaceAll(runId, '<instance>'));
  return {
    state: run?.state ?? 'NONE',
    workflowdata: normalised(run?.data ?? null),
    calls: normalised(
      (await stub.calls()) as unknown as JsonValue,
    ) as unknown as OracleServiceCall[],
  };
}

/**
 * A suite that replays the recorded cases against an engine.
 *
 * @param wanted - what must come of a case with this engine: what was recorded, but for what is documented
 */
export function describeOracle(
  name: string,
  createTarget: () => Promise<OracleTarget>,
  wanted: (name: string, recorded: OracleCase['expect']) => OracleOutcome,
): void {
  describe(`${name} does what was recorded of SonataFlow`, () => {
    let target: OracleTarget;
    let definitions: ReadonlyMap<string, EngineDefinition>;

    beforeAll(async () => {
      target = await createTarget();
      const listed = await target.engine.listDefinitions(call);
      definitions = new Map(listed.map(one => [`${one.id}.sw.yaml`, one]));
    });

    afterAll(() => target?.close());

    it.each(oracleCases())('$name', async ({ name: caseName, recorded }) => {
      const { state, workflowdata, calls } = wanted(caseName, recorded.expect);
      const definition = definitions.get(recorded.definition)!;
      const seen = await replay(target, definition, recorded, state);
      expect(seen).toEqual({
        state,
        ...(state === 'NONE' ? {} : { workflowdata: workflowdata ?? null }),
        calls: calls ?? [],
      });
    });
  });
}
