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
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import type { WorkflowLogProvider } from '@flowgate/backstage-plugin-orchestrator-node';
import { OrchestratorError } from '../errors/OrchestratorError';

type Schemas = components['schemas'];
type LogLine = Schemas['WorkflowLogsResponse']['logs'][number];

/** How long a provider may take; milliseconds, as long as an engine. */
const TIMEOUT = 15_000;

/** Seconds after which a caller may try again where a provider is down. */
const RETRY_AFTER = 5;

/** Names under which providers say that something did not answer in time. */
const TIMEOUTS: ReadonlySet<string> = new Set([
  'EngineTimeoutError',
  'TimeoutError',
]);

/** Where the logs of runs come from whose engine keeps none. */
export interface LogSource {
  /** @throws OrchestratorError always, whatever the source throws */
  logsOf(run: Schemas['ProcessInstanceDTO']): Promise<LogLine[]>;
}

/** Logs from the provider of a module: never longer than a time-out, and with answers of the contract for whatever it throws. */
export class ProvidedLogs implements LogSource {
  readonly #provider: WorkflowLogProvider;
  readonly #logger: LoggerService;
  readonly #timeout: number;

  /** @param options - `timeout` of one call, in milliseconds */
  constructor(options: {
    provider: WorkflowLogProvider;
    logger: LoggerService;
    timeout?: number;
  }) {
    this.#provider = options.provider;
    this.#logger = options.logger;
    this.#timeout = options.timeout ?? TIMEOUT;
  }

  async logsOf(run: Schemas['ProcessInstanceDTO']): Promise<LogLine[]> {
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        controller.abort();
        // A provider that does not mind the signal is not waited for either.
        reject(this.#late());
      }, this.#timeout);
    });
    try {
      const answer = await Promise.race([
        this.#ask(run, controller.signal),
        tooLate,
      ]);
      return this.#linesOf(answer);
    } catch (error) {
      throw this.#toAnswer(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Asynchronous, so that what the provider throws at once is caught as what it throws later. */
  async #ask(run: Schemas['ProcessInstanceDTO'], abortSignal: AbortSignal) {
    return this.#provider.fetchWorkflowLogsByInstance(run, { abortSignal });
  }

  /** What a provider answers can be anything. */
  #linesOf(answer: unknown): LogLine[] {
    const { logs } = (answer ?? {}) as { logs?: unknown };
    if (!Array.isArray(logs)) throw this.#bad('no list of lines');
    return logs.map(line => {
      const { id, log } = (line ?? {}) as Record<string, unknown>;
      if (typeof id !== 'string' || typeof log !== 'string') {
        throw this.#bad('a line that is none');
      }
      return { id, log };
    });
  }

  #toAnswer(error: unknown): OrchestratorError {
    if (error instanceof OrchestratorError) return error;
    // By name, since a provider can bring its own copy of the classes.
    const { name = typeof error } = (error ?? {}) as { name?: string };
    if (TIMEOUTS.has(name)) return this.#late();
    if (name === 'ServiceUnavailableError') {
      return new OrchestratorError(
        'engine.unavailable',
        `Log provider "${this.#id}" is not available`,
        { retryAfter: RETRY_AFTER },
      );
    }
    return this.#bad(name);
  }

  #late(): OrchestratorError {
    return new OrchestratorError(
      'engine.timeout',
      `Log provider "${this.#id}" did not answer in time`,
    );
  }

  /** Messages of errors hold addresses: the log gets the name of their class. */
  #bad(kind: string): OrchestratorError {
    this.#logger.error(`Log provider "${this.#id}" gave a bad answer: ${kind}`);
    return new OrchestratorError(
      'engine.bad_answer',
      `Log provider "${this.#id}" gave a bad answer`,
    );
  }

  get #id(): string {
    return this.#provider.getProviderId();
  }
}
