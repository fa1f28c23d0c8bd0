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

import type { LoggerService } from '@backstage/backend-plugin-api';
import type {
  EngineCall,
  WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { type Fault, OrchestratorError } from '../errors/OrchestratorError';

/** Seconds after which a caller may try again where an engine is down. */
const RETRY_AFTER = 5;

/** Frames of a stack that the log gets of a bad answer. */
const MAX_FRAMES = 5;

/** What an engine's refusals mean to the caller of an operation. Refusals that are not named are bad answers. */
export interface Refusals {
  readonly notFound?: () => OrchestratorError;
  readonly conflict?: () => OrchestratorError;
  readonly invalid?: (faults: readonly Fault[]) => OrchestratorError;
}

class EngineTimeout extends Error {}

function faultsOf(error: Error): Fault[] {
  const { faults } = error as { faults?: unknown };
  if (!Array.isArray(faults) || faults.length === 0) {
    return [{ path: '', message: error.message }];
  }
  return faults.map(fault => ({
    path: String(fault?.path ?? ''),
    message: String(fault?.message ?? 'is not valid'),
  }));
}

/** The answer where an engine cannot be reached. It names the engine, never its address. */
export function engineUnavailable(
  engineId: string,
  reason = `Engine "${engineId}" is not available`,
): OrchestratorError {
  return new OrchestratorError('engine.unavailable', reason, {
    retryAfter: RETRY_AFTER,
  });
}

/** Calls one engine: never longer than a time-out, and with answers of the contract for whatever it throws. */
export class EngineCalls {
  readonly engine: WorkflowEngine;
  readonly #timeout: number;
  readonly #logger: LoggerService;

  /** @param timeout - of one call, in milliseconds */
  constructor(engine: WorkflowEngine, timeout: number, logger: LoggerService) {
    this.engine = engine;
    this.#timeout = timeout;
    this.#logger = logger;
  }

  get id(): string {
    return this.engine.id;
  }

  /**
   * Makes one call.
   *
   * @param caller - the ref of whom it is made for
   * @throws OrchestratorError always, whatever the engine throws
   */
  async call<T>(
    caller: string,
    work: (engine: WorkflowEngine, call: EngineCall) => Promise<T>,
    refusals: Refusals = {},
  ): Promise<T> {
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const timeout = new EngineTimeout();
        controller.abort(timeout);
        // An engine that does not mind the signal is not waited for either.
        reject(timeout);
      }, this.#timeout);
    });
    try {
      const call = { caller, abortSignal: controller.signal };
      return await Promise.race([work(this.engine, call), tooLate]);
    } catch (error) {
      throw this.#answer(error, controller.signal, refusals);
    } finally {
      clearTimeout(timer);
    }
  }

  #answer(
    error: unknown,
    signal: AbortSignal,
    refusals: Refusals,
  ): OrchestratorError {
    if (error instanceof OrchestratorError) return error;
    if (signal.aborted) {
      return new OrchestratorError(
        'engine.timeout',
        `Engine "${this.id}" did not answer in time`,
      );
    }
    // By name, since an engine can bring its own copy of the classes.
    const { name } = error as Error;
    if (name === 'ServiceUnavailableError') {
      return engineUnavailable(this.id);
    }
    if (name === 'NotFoundError' && refusals.notFound) {
      return refusals.notFound();
    }
    if (name === 'ConflictError' && refusals.conflict) {
      return refusals.conflict();
    }
    if (name === 'InputError' && refusals.invalid) {
      return refusals.invalid(faultsOf(error as Error));
    }
    return this.badAnswer(error);
  }

  /** The answer where the engine says what it may not. What it says can hold anything: only where it fails is logged. */
  badAnswer(cause: unknown): OrchestratorError {
    const isError = cause instanceof Error;
    const frames = (isError ? cause.stack ?? '' : '')
      .split('\n')
      .filter(line => /^\s+at /.test(line))
      .slice(0, MAX_FRAMES);
    const kind = isError ? cause.name : typeof cause;
    const text = `Engine "${this.id}" gave a bad answer: ${kind}`;
    this.#logger.error([text, ...frames].join('\n'));
    return new OrchestratorError(
      'engine.bad_answer',
      `Engine "${this.id}" gave a bad answer`,
    );
  }
}

/** The engines by id. */
export class Engines {
  readonly #calls: ReadonlyMap<string, EngineCalls>;

  constructor(calls: Iterable<EngineCalls>) {
    this.#calls = new Map([...calls].map(one => [one.id, one]));
  }

  all(): EngineCalls[] {
    return [...this.#calls.values()];
  }

  /** @throws OrchestratorError where the engine is not installed any more */
  get(engineId: string): EngineCalls {
    const calls = this.#calls.get(engineId);
    if (!calls) {
      throw engineUnavailable(
        engineId,
        `Engine "${engineId}" is not installed`,
      );
    }
    return calls;
  }

  /** The engine that keeps definitions that come over HTTP. */
  keeper(): EngineCalls | undefined {
    return this.all().find(({ engine }) => engine.capabilities.definitions);
  }
}
