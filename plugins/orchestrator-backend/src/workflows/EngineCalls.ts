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
import {
  type EngineCall,
  isNotStarted,
  notStarted,
  type WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { type Fault, OrchestratorError } from '../errors/OrchestratorError';

/** Seconds after which a caller may try again where an engine is down. */
const RETRY_AFTER = 5;

/** Frames of a stack that the log gets of a bad answer. */
const MAX_FRAMES = 5;

/** The longest that a start may be given, whatever an engine says; milliseconds. */
const MAX_START_TIMEOUT = 600_000;

/** What an engine's refusals mean to the caller of an operation. Refusals that are not named are bad answers. */
export interface Refusals {
  readonly notFound?: () => OrchestratorError;
  readonly conflict?: () => OrchestratorError;
  readonly invalid?: (faults: readonly Fault[]) => OrchestratorError;
}

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

  /** How long a start may take; milliseconds. */
  get startTimeout(): number {
    const { startTimeout = this.#timeout } = this.engine;
    const isSound = Number.isFinite(startTimeout) && startTimeout > 0;
    return isSound ? Math.min(startTimeout, MAX_START_TIMEOUT) : this.#timeout;
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
    return this.#within(this.#timeout, caller, work, refusals);
  }

  /**
   * Makes a call that starts something, which no time-out undoes: an answer that comes too late for the caller is still used.
   *
   * @param late - gets the answer that was not there in time; it may be a refusal too
   * @throws OrchestratorError always, whatever the engine throws; marked by `notStarted` where the engine's error was
   */
  async start<T>(
    caller: string,
    work: (engine: WorkflowEngine, call: EngineCall) => Promise<T>,
    refusals: Refusals,
    late: (answer: Promise<T>) => void,
  ): Promise<T> {
    return this.#within(this.startTimeout, caller, work, refusals, late);
  }

  async #within<T>(
    timeout: number,
    caller: string,
    work: (engine: WorkflowEngine, call: EngineCall) => Promise<T>,
    refusals: Refusals,
    late?: (answer: Promise<T>) => void,
  ): Promise<T> {
    const controller = new AbortController();
    const { signal } = controller;
    let timer: NodeJS.Timeout | undefined;
    let isLate = false;
    const ask = async () => {
      try {
        return await work(this.engine, { caller, abortSignal: signal });
      } catch (error) {
        throw this.#answer(error, signal, refusals);
      } finally {
        clearTimeout(timer);
      }
    };
    const asked = ask();
    const tooLate = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        isLate = true;
        if (late) {
          // Whoever called waits no longer, but what was started goes on: its answer is worth as much time again.
          timer = setTimeout(() => controller.abort(), timeout);
          timer.unref();
        } else {
          controller.abort();
        }
        // An engine that does not mind the signal is not waited for either.
        reject(this.#timeoutError());
      }, timeout);
    });
    try {
      return await Promise.race([asked, tooLate]);
    } finally {
      if (isLate && late) late(asked);
      else clearTimeout(timer);
    }
  }

  #timeoutError(message = `Engine "${this.id}" did not answer in time`) {
    return new OrchestratorError('engine.timeout', message);
  }

  #answer(
    error: unknown,
    signal: AbortSignal,
    refusals: Refusals,
  ): OrchestratorError {
    const answer = this.#translate(error, signal, refusals);
    return isNotStarted(error) ? notStarted(answer) : answer;
  }

  #translate(
    error: unknown,
    signal: AbortSignal,
    refusals: Refusals,
  ): OrchestratorError {
    if (error instanceof OrchestratorError) return error;
    if (signal.aborted) return this.#timeoutError();
    // By name, since an engine can bring its own copy of the classes.
    const { name, message } = error as Error;
    switch (name) {
      case 'ServiceUnavailableError':
        return engineUnavailable(this.id);
      case 'EngineTimeoutError':
        return this.#timeoutError(message);
      case 'EngineAnswerError':
        this.#logger.warn(`Engine "${this.id}": ${message}`);
        return new OrchestratorError('engine.bad_answer', message);
      case 'NotFoundError':
        return refusals.notFound?.() ?? this.badAnswer(error);
      case 'ConflictError':
        return refusals.conflict?.() ?? this.badAnswer(error);
      case 'InputError':
        return (
          refusals.invalid?.(faultsOf(error as Error)) ?? this.badAnswer(error)
        );
      default:
        return this.badAnswer(error);
    }
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
