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
import { describeError } from './describeError';
import type { RunHost } from './RunHost';

/** The calls of one run that are under way. */
export class RunCalls {
  readonly #host: RunHost;
  readonly #runId: string;
  readonly #deliver: (event: RunEvent) => void;
  readonly #active = new Map<string, AbortController>();

  constructor(
    host: RunHost,
    runId: string,
    deliver: (event: RunEvent) => void,
  ) {
    this.#host = host;
    this.#runId = runId;
    this.#deliver = deliver;
  }

  /** Makes the calls that a state asks for, and ends those that it no longer does. */
  follow(definition: WorkflowDefinition, state: RunState): void {
    const wanted = effects(state);
    for (const [key, controller] of this.#active) {
      if (!wanted.some(effect => effect.key === key)) {
        controller.abort();
        this.#active.delete(key);
      }
    }
    for (const effect of wanted) {
      if (!this.#active.has(effect.key)) {
        const controller = new AbortController();
        this.#active.set(effect.key, controller);
        this.#call(definition, state, effect, controller.signal);
      }
    }
  }

  /** Ends all calls. */
  end(): void {
    for (const controller of this.#active.values()) {
      controller.abort();
    }
    this.#active.clear();
  }

  async #call(
    definition: WorkflowDefinition,
    { input }: RunState,
    effect: Effect,
    signal: AbortSignal,
  ): Promise<void> {
    let outcome;
    try {
      outcome = await this.#host.call({
        runId: this.#runId,
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
        `A call of run ${this.#runId} failed: ${describeError(error)}`,
      );
      outcome = {
        failure: {
          kind: 'definition' as const,
          message: 'The engine could not make the call',
        },
      };
    }
    // The key stays until the result is stored, lest the call be made again meanwhile.
    if (outcome !== undefined && !signal.aborted) {
      this.#deliver({ kind: 'result', key: effect.key, outcome });
    }
  }
}
