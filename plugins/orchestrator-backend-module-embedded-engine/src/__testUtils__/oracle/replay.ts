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

import type { JsonObject, JsonValue } from '@backstage/types';
import {
  createInputValidator,
  type EngineDefinition,
  type EngineRun,
  isNotStarted,
  type WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { randomUUID } from 'node:crypto';
import { call, start } from '../engines';
import type {
  OracleCase,
  OracleChild,
  OracleEvent,
  OracleOutcome,
  OracleRun,
  OracleStep,
} from './oracleCases';
import type { OracleTarget } from './OracleTarget';

/** How long a run may take to get where a case says. */
const SETTLE_MS = 20_000;
const LOOK_MS = 20;
/** How long is looked for more, where a case does not say. */
const QUIET_MS = 700;

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

function outcomeOf(run: EngineRun | undefined): OracleRun {
  return {
    state: run?.state ?? 'NONE',
    workflowdata: run?.data ?? null,
    ...(run?.error === undefined ? {} : { error: run.error.message }),
  };
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

/** One replay of a case. */
class Replay {
  readonly #target: OracleTarget;
  readonly #definition: EngineDefinition;
  readonly #recorded: OracleCase;
  /** Ids of the runs that were started as the case says; those that events start come at the end. */
  readonly runs: string[] = [];
  readonly #keys: string[] = [];
  readonly #pending: Promise<unknown>[] = [];

  constructor(
    target: OracleTarget,
    definition: EngineDefinition,
    recorded: OracleCase,
  ) {
    this.#target = target;
    this.#definition = definition;
    this.#recorded = recorded;
  }

  /** Starts a run, unless its input is refused. */
  async start(body: JsonObject, waits: boolean): Promise<void> {
    // The way in unwraps what RHDH's clients send, as SonataFlow does.
    const input = (body.workflowdata ?? body) as JsonObject;
    if (isRefused(this.#definition, input)) return;
    const key = randomUUID();
    const started = start(
      this.#target.engine,
      this.#definition.id,
      input,
      key,
    ).then(
      id => {
        this.#keys.push(key);
        this.runs.push(id);
        return id;
      },
      error => {
        if (!isNotStarted(error)) throw error;
        return undefined;
      },
    );
    if (!waits) {
      this.#pending.push(started);
      return;
    }
    // SonataFlow answers a start when the run waits or has ended.
    const id = await started;
    if (id !== undefined) await this.#target.wait([id], 0);
  }

  async step(step: OracleStep): Promise<void> {
    const { engine } = this.#target;
    if (step.wait !== undefined) await this.#target.wait(this.runs, step.wait);
    if (step.start !== undefined) await this.start(step.start, true);
    if (step.waitState !== undefined) {
      await settled(engine, this.runs[0], step.waitState);
    }
    if (step.send !== undefined) {
      await this.#target.send(await this.#filled(step.send));
    }
    if (step.manage !== undefined) {
      const id = step.child
        ? (await this.#target.childrenOf(this.runs[0]))[0]
        : this.runs[0];
      if (step.manage === 'abort') await engine.abort(id, call);
      else if (step.manage === 'retrigger') await engine.retrigger(id, call);
      else throw new Error(`No engine can ${step.manage}`);
    }
    if (step.startAsync !== undefined) await this.start(step.startAsync, false);
  }

  /** Looks what has come of it, once it is as wanted and nothing more is due. */
  async outcome(wanted: OracleOutcome): Promise<OracleOutcome> {
    const { lateMs = 0, settleMs = QUIET_MS } = this.#recorded;
    await Promise.all(this.#pending);
    if (this.#recorded.input === undefined) {
      this.runs.push(
        ...(await this.#target.startedByEvents(
          this.#definition.id,
          1 + (wanted.others ?? []).length,
        )),
      );
    }
    for (const [index, id] of this.runs.entries()) {
      await settled(
        this.#target.engine,
        id,
        index === 0 ? wanted.state : wanted.others?.[index - 1]?.state ?? '',
      );
    }
    await this.#target.wait(
      this.runs,
      wanted.state === 'ACTIVE' ? settleMs + lateMs : lateMs,
    );
    const [first, ...others] = await Promise.all(
      this.runs.map(async id =>
        outcomeOf(await this.#target.engine.get(id, call)),
      ),
    );
    return this.#normalised({
      ...(first ?? { state: 'NONE' }),
      others,
      ...(this.#recorded.children ? { children: await this.#children() } : {}),
      ...(await this.#target.stub.seen()),
    });
  }

  async #children(): Promise<OracleChild[]> {
    const ids = await this.#target.childrenOf(this.runs[0]);
    const runs = await Promise.all(
      ids.map(id => this.#target.engine.get(id, call)),
    );
    return runs.map(run => ({
      processId: run!.definitionId,
      state: run!.state,
      workflowdata: run!.data ?? null,
    }));
  }

  /** An event with the ids for which its placeholders stand. */
  async #filled(event: OracleEvent): Promise<OracleEvent> {
    const text = JSON.stringify(event);
    const [child] = text.includes('$child')
      ? await this.#target.childrenOf(this.runs[0])
      : [];
    return JSON.parse(
      text
        .replaceAll('$child', child)
        .replaceAll('$id', this.runs[0])
        .replaceAll('$key', this.#keys[0]),
    );
  }

  #normalised<T>(value: T): T {
    return JSON.parse(
      this.runs.reduce(
        (text, id, index) =>
          text.replaceAll(
            id,
            index === 0 ? '<instance>' : `<instance ${index + 1}>`,
          ),
        JSON.stringify(value as JsonValue),
      ),
    );
  }
}

/**
 * Does what a case says, and looks what comes of it.
 *
 * @param wanted - what it should come to: for that it waits
 */
export async function replay(
  target: OracleTarget,
  definition: EngineDefinition,
  recorded: OracleCase,
  wanted: OracleOutcome,
): Promise<OracleOutcome> {
  await target.stub.reset(recorded.stub ?? {});
  const one = new Replay(target, definition, recorded);
  if (recorded.input !== undefined) await one.start(recorded.input, true);
  for (const step of recorded.events ?? []) await one.step(step);
  const outcome = await one.outcome(wanted);
  // What still waits would hear the events of other cases.
  for (const id of one.runs) {
    for (const alive of [id, ...(await target.childrenOf(id))]) {
      await target.engine.abort(alive, call).catch(() => {});
    }
  }
  return outcome;
}
