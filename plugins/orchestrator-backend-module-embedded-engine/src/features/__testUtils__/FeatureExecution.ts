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
import type {
  EngineEvent,
  EngineRun,
  WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import { isDeepStrictEqual } from 'node:util';
import { call } from '../../__testUtils__/engines';
import { startedRunId } from '../../events/identity';
import { raise } from '../../__testUtils__/events';
import type { RestStub, StubCall } from '../../__testUtils__/restStub';
import type { FeatureCase, FeatureRun, FeatureStep } from './FeatureCase';

const DEADLINE_MS = 15_000;
const LOOK_MS = 10;

/** Calls it until it gives something, the time is over, or nobody waits for it any more. */
async function eventually<T>(
  look: () => Promise<T | undefined>,
  signal?: AbortSignal,
): Promise<T | undefined> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined || signal?.aborted || Date.now() > deadline) {
      return found;
    }
    await new Promise(resolve => {
      setTimeout(resolve, LOOK_MS);
    });
  }
}

const isConflict = (error: unknown) =>
  error instanceof Error && error.name === 'ConflictError';

/** A run of a feature's definition: it can be driven by one engine after another, each doing again what the one before may have done. */
export class FeatureExecution {
  readonly #feature: FeatureCase;
  readonly #key: string;
  #runId: string;

  /** @param key - a UUID; the run's own id, unless an event starts it */
  constructor(feature: FeatureCase, key: string) {
    this.#feature = feature;
    this.#key = key;
    this.#runId = key;
  }

  get runId(): string {
    return this.#runId;
  }

  /** Starts the run and does its steps, unless the signal says that it is given up. */
  async drive(
    engine: WorkflowEngine,
    knex: Knex,
    signal?: AbortSignal,
  ): Promise<void> {
    const { definition, input, steps = [], tokens } = this.#feature;
    if (input !== undefined) {
      await engine.start(
        {
          definitionId: definition,
          runId: this.#runId,
          input,
          provenance: {
            initiator: 'user:default/test',
            workspace: 'default',
          },
        },
        {
          ...call,
          ...(tokens === undefined
            ? {}
            : {
                downstream: {
                  authTokens: Object.entries(tokens).map(
                    ([provider, token]) => ({ provider, token }),
                  ),
                  pluginToken: async () => undefined,
                },
              }),
        },
      );
    }
    for (const [index, step] of steps.entries()) {
      await this.#step(engine, knex, step, index, signal);
    }
  }

  /** The run once it is as wanted, or as it is when the time is over. */
  async settled(
    engine: WorkflowEngine,
    signal?: AbortSignal,
  ): Promise<EngineRun | undefined> {
    const { data, state } = this.#feature.expect;
    await eventually(async () => {
      const run = await engine.get(this.#runId, call);
      return run?.state === state && isDeepStrictEqual(run.data, data)
        ? run
        : undefined;
    }, signal);
    return engine.get(this.#runId, call);
  }

  /** Its sub-flows, once there are so many that are as wanted. */
  async children(
    engine: WorkflowEngine,
    knex: Knex,
    wanted: readonly FeatureRun[],
  ): Promise<FeatureRun[]> {
    const read = async () => {
      const ids: string[] = await knex('embedded_runs')
        .where({ parent_id: this.#runId })
        .pluck('id');
      const runs = await engine.getMany(ids, call);
      return sorted(
        [...runs.values()].map(run => ({
          definition: run.definitionId,
          state: run.state,
          data: run.data ?? null,
        })),
      );
    };
    await eventually(async () =>
      isDeepStrictEqual(await read(), sorted(wanted)) ? true : undefined,
    );
    return read();
  }

  /** The run that its first event has started, as soon as it is as wanted. */
  async startedByEvent(
    engine: WorkflowEngine,
    wanted: FeatureRun,
    event: Pick<EngineEvent, 'id' | 'source'>,
  ): Promise<FeatureRun | undefined> {
    const id = startedRunId(event, wanted.definition, 'run');
    const run = await eventually(async () => {
      const found = await engine.get(id, call);
      return found?.state === wanted.state ? found : undefined;
    });
    return (
      run && {
        definition: run.definitionId,
        state: run.state,
        data: run.data ?? null,
      }
    );
  }

  /** The events that it has sent, those that came more than once left out; throws where one came with different contents. */
  async emitted(
    stub: RestStub,
    count: number,
  ): Promise<{ type: string; data: JsonValue; attributes: object }[]> {
    const read = () => {
      const seen = new Map<string, { type: string; data: JsonValue }>();
      for (const { data = null, id, type } of stub.emitted) {
        const before = seen.get(id);
        if (
          before !== undefined &&
          !isDeepStrictEqual(before, { type, data })
        ) {
          throw new Error(`The event ${id} came with different contents`);
        }
        if (id.startsWith(this.#runId)) {
          seen.set(id, { type, data });
        }
      }
      return [...seen].map(([id, event]) => ({
        ...event,
        attributes: stub.emitted.find(one => one.id === id)!.headers,
      }));
    };
    await eventually(async () => (read().length >= count ? true : undefined));
    return read();
  }

  async #step(
    engine: WorkflowEngine,
    knex: Knex,
    step: FeatureStep,
    index: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if ('raise' in step) {
      const filled = JSON.parse(
        JSON.stringify(step.raise).replaceAll('$key', this.#key),
      );
      const { started } = await raise(engine, {
        extensions: {},
        ...filled,
        id: `${this.#key}-${index}`,
      });
      this.#runId = started[0]?.id ?? this.#runId;
      return;
    }
    const id = step.child ? await this.#child(knex, signal) : this.#runId;
    if (id === undefined) {
      throw new Error('There is no sub-flow');
    }
    if ('signal' in step) {
      await engine
        .signal(
          id,
          {
            name: step.signal,
            data: step.data,
            id: `${this.#key}-${index}`,
          },
          call,
        )
        .catch(error => {
          // It has had it before, and has ended.
          if (!isConflict(error)) throw error;
        });
      return;
    }
    await this.#manage(engine, step, id, signal);
  }

  async #manage(
    engine: WorkflowEngine,
    { manage, when }: Extract<FeatureStep, { manage: string }>,
    id: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const run = await eventually(async () => {
      const found = await engine.get(id, call);
      return found?.state === when || found?.end !== undefined
        ? found
        : undefined;
    }, signal);
    if (run?.state !== when) {
      return;
    }
    await engine[manage](id, call).catch(error => {
      if (!isConflict(error)) throw error;
    });
  }

  /** The id of the first sub-flow, as soon as there is one. */
  async #child(
    knex: Knex,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    return eventually(async () => {
      const row = await knex('embedded_runs')
        .where({ parent_id: this.#runId })
        .first('id');
      return row?.id as string | undefined;
    }, signal);
  }
}

/** Sub-flows side by side come in any order. */
export function sorted(runs: readonly FeatureRun[]): FeatureRun[] {
  return [...runs].sort((a, b) =>
    JSON.stringify(a.data) < JSON.stringify(b.data) ? -1 : 1,
  );
}

/** How many calls came to each path, repeated ones once. */
export function callsByPath(
  calls: readonly StubCall[],
): Record<string, number> {
  const keys = new Map<string, Set<string>>();
  for (const { headers, path } of calls) {
    const key = headers['idempotency-key'];
    if (key !== undefined) {
      keys.set(path, (keys.get(path) ?? new Set()).add(String(key)));
    }
  }
  return Object.fromEntries([...keys].map(([path, set]) => [path, set.size]));
}
