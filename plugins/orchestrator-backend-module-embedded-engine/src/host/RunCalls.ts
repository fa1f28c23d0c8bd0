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
import { type Effect, effects, type RunState } from '../interpreter/RunState';
import type { RunEvent } from '../interpreter/step';
import { EvaluatorStoppedError } from '../jq/JqWorker';
import type { WorkflowDefinition } from '../language/Definition';
import type { StoredRun } from '../store/rows';
import { describeError } from './describeError';
import type { RunHost } from './RunHost';

interface ActiveCall {
  readonly controller: AbortController;
  /** Its end comes into the inbox. */
  isParked: boolean;
}

/** The calls of one run that are under way. */
export class RunCalls {
  readonly #host: RunHost;
  readonly #run: Pick<StoredRun, 'id' | 'rootId' | 'depth' | 'provenance'>;
  readonly #deliver: (event: RunEvent) => void;
  readonly #parked: () => void;
  readonly #active = new Map<string, ActiveCall>();

  /**
   * @param deliver - takes what a call came to
   * @param parked - called when one more call is parked
   */
  constructor(
    host: RunHost,
    run: Pick<StoredRun, 'id' | 'rootId' | 'depth' | 'provenance'>,
    deliver: (event: RunEvent) => void,
    parked: () => void,
  ) {
    this.#host = host;
    this.#run = run;
    this.#deliver = deliver;
    this.#parked = parked;
  }

  /** Whether all that the run waits for comes into its inbox. */
  get areParked(): boolean {
    return (
      this.#active.size > 0 &&
      [...this.#active.values()].every(({ isParked }) => isParked)
    );
  }

  /** Makes the calls that a state asks for, and ends those that it no longer does. */
  follow(definition: WorkflowDefinition, state: RunState): void {
    const wanted = effects(state);
    const keys = new Set(wanted.map(({ key }) => key));
    for (const [key, { controller }] of this.#active) {
      if (!keys.has(key)) {
        controller.abort();
        this.#active.delete(key);
      }
    }
    for (const effect of wanted) {
      if (!this.#active.has(effect.key)) {
        const call = { controller: new AbortController(), isParked: false };
        this.#active.set(effect.key, call);
        this.#call(definition, state, effect, call);
      }
    }
  }

  /** Ends all calls. */
  end(): void {
    for (const { controller } of this.#active.values()) {
      controller.abort();
    }
    this.#active.clear();
  }

  async #call(
    definition: WorkflowDefinition,
    { input }: RunState,
    effect: Effect,
    call: ActiveCall,
  ): Promise<void> {
    const { signal } = call.controller;
    const { depth, id, provenance, rootId } = this.#run;
    let outcome;
    try {
      outcome = await this.#host.call({
        runId: id,
        rootId,
        depth,
        provenance,
        definition,
        input,
        effect,
        signal,
      });
    } catch (error) {
      if (error instanceof EvaluatorStoppedError) {
        return;
      }
      this.#host.logger.error(
        `A call of run ${id} failed: ${describeError(error)}`,
      );
      outcome = {
        failure: {
          kind: 'definition' as const,
          message: 'The engine could not make the call',
        },
      };
    }
    if (signal.aborted || outcome === undefined) {
      return;
    }
    if (outcome === 'parked') {
      call.isParked = true;
      this.#parked();
      return;
    }
    // The key stays until the result is stored, lest the call be made again meanwhile.
    this.#deliver({ kind: 'result', key: effect.key, outcome });
  }
}
