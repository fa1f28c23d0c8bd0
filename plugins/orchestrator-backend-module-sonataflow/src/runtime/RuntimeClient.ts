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

import {
  ConflictError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import type { JsonObject, JsonValue } from '@backstage/types';
import {
  EngineAnswerError,
  EngineTimeoutError,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { HttpClient } from '../http/HttpClient';
import type { HttpAnswer, HttpRequest } from '../http/httpTypes';
import { isObject, parseLeniently, parseObject } from './lenientJson';
import type { ServiceAddress } from './ServiceAddress';
import { readStartAnswer, type StartOutcome } from './startAnswer';

/** A workflow as its runtime has it now. */
export interface RuntimeProcess {
  readonly version?: string;
  readonly name?: string;
  readonly inputSchema?: JsonObject;
}

/** How long a request may take, and what ends it early. */
export interface RuntimeCall {
  /** Milliseconds; the usual time unless told. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A run as a path has it. */
export interface RunAddress {
  readonly service: ServiceAddress;
  readonly definitionId: string;
  readonly runId: string;
}

/** Longer lists are not those of a runtime. */
const MAX_PROCESSES = 10_000;

/** How often a read is sent again where the runtime cannot be reached. */
const READ_RETRIES = 2;

function isGood({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}

/** Whether an answer says that something was done to a run, and comes from no one else, as the page of a login does. */
function isDone(answer: HttpAnswer, { runId }: RunAddress): boolean {
  if (!isGood(answer)) return false;
  return answer.text.trim() === '' || parseObject(answer.text).id === runId;
}

/**
 * A client for each kind of request, since each has its own turn: a start holds it until the run waits or ends, and nothing else is
 * to wait for that.
 */
export interface RuntimeLanes {
  /** Looks whether runtimes are there, and what they have. */
  readonly looks: HttpClient;
  /** Reads of runs and texts. */
  readonly reads: HttpClient;
  /** Starts and retriggers. */
  readonly starts: HttpClient;
  readonly aborts: HttpClient;
}

/** Asks workflow runtimes: the management interface that SonataFlow has, and the routes of the workflows themselves. */
export class RuntimeClient {
  readonly #lanes: RuntimeLanes;

  constructor(lanes: RuntimeLanes) {
    this.#lanes = lanes;
  }

  /** The name of those that are asked, for messages. */
  get upstream(): string {
    return this.#lanes.starts.upstream;
  }

  /** The ids of the workflows that a runtime has; also says that it is there. */
  async processIds(
    service: ServiceAddress,
    call: RuntimeCall,
  ): Promise<ReadonlySet<string>> {
    const url = service.at(['management', 'processes']);
    const answer = await this.#read('looks', url, call);
    const ids = isGood(answer) ? parseLeniently(answer.text) : undefined;
    if (!Array.isArray(ids) || ids.length > MAX_PROCESSES) {
      throw this.#bad(answer);
    }
    return new Set(ids.filter(id => typeof id === 'string'));
  }

  /** A workflow, or undefined where the runtime does not have it. */
  async process(
    service: ServiceAddress,
    definitionId: string,
    call: RuntimeCall,
  ): Promise<RuntimeProcess | undefined> {
    const url = service.at(['management', 'processes', definitionId]);
    const answer = await this.#read('looks', url, call);
    if (answer.status === 404) return undefined;
    const body = isGood(answer) ? parseLeniently(answer.text) : undefined;
    if (!isObject(body)) throw this.#bad(answer);
    const { version, name, inputSchema } = body;
    return {
      version: typeof version === 'string' ? version : undefined,
      name: typeof name === 'string' ? name : undefined,
      inputSchema: isObject(inputSchema) ? inputSchema : undefined,
    };
  }

  /** The text of a definition, or undefined where the runtime does not have it. */
  async source(
    service: ServiceAddress,
    definitionId: string,
    call: RuntimeCall,
  ): Promise<string | undefined> {
    const url = service.at(['management', 'processes', definitionId, 'source']);
    const headers = { Accept: 'text/plain' };
    const answer = await this.#read('reads', url, { ...call, headers });
    if (answer.status === 404 || answer.text === '') return undefined;
    if (!isGood(answer)) throw this.#bad(answer);
    return answer.text;
  }

  /**
   * The true data of a run that has not ended.
   *
   * @returns undefined where the runtime does not have the run (any more)
   */
  async data(
    { service, definitionId, runId }: RunAddress,
    call: RuntimeCall,
  ): Promise<{ readonly data: JsonValue } | undefined> {
    const url = service.at([definitionId, runId]);
    const answer = await this.#read('reads', url, call);
    if (answer.status === 404) return undefined;
    const body = isGood(answer) ? parseLeniently(answer.text) : undefined;
    if (!isObject(body) || body.id !== runId) throw this.#bad(answer);
    return { data: body.workflowdata ?? null };
  }

  /**
   * Starts a run. It is never sent a second time.
   *
   * @throws what {@link readStartAnswer} and the HTTP client throw
   */
  async start(
    service: ServiceAddress,
    definitionId: string,
    request: {
      readonly businessKey: string;
      readonly body: JsonObject;
      readonly headers: Readonly<Record<string, string>>;
      readonly timeoutMs: number;
    },
  ): Promise<StartOutcome> {
    const { businessKey, body, headers, timeoutMs } = request;
    const answer = await this.#lanes.starts.request({
      method: 'POST',
      url: service.at([definitionId], { businessKey }),
      headers,
      body,
      timeoutMs,
    });
    return readStartAnswer(answer, this.upstream, async () => {
      try {
        const ids = await this.processIds(service, {});
        return !ids.has(definitionId);
      } catch {
        return false;
      }
    });
  }

  /**
   * Ends a run that has not ended.
   *
   * @throws NotFoundError where the runtime does not have it (any more)
   */
  async abort(run: RunAddress, call: RuntimeCall): Promise<void> {
    const url = this.#management(run);
    const answer = await this.#lanes.aborts.request({
      method: 'DELETE',
      url,
      ...call,
    });
    if (isDone(answer, run)) return;
    throw answer.status === 404
      ? new NotFoundError('The runtime does not have the run')
      : this.#bad(answer);
  }

  /**
   * Runs the node of a run that failed again. That it failed once more is no fault of the call.
   *
   * @param isInError - tells whether the run still is: of a retrigger while another one is under way, the answer does not say so
   * @throws NotFoundError where the runtime does not have it (any more), ConflictError where it is not in error
   */
  async retrigger(
    run: RunAddress,
    headers: Readonly<Record<string, string>>,
    call: RuntimeCall,
    isInError: () => Promise<boolean>,
  ): Promise<void> {
    const answer = await this.#lanes.starts.request({
      method: 'POST',
      url: this.#management(run, 'retrigger'),
      headers,
      ...call,
    });
    if (isDone(answer, run)) return;
    const { id, failedNodeId, message } = parseObject(answer.text);
    if (id === run.runId || typeof failedNodeId === 'string') return;
    if (answer.status === 404) {
      throw new NotFoundError('The runtime does not have the run');
    }
    const isUnsure = answer.status === 500 && typeof message === 'string';
    throw answer.status === 400 || (isUnsure && !(await isInError()))
      ? new ConflictError('The run is not in error')
      : this.#bad(answer);
  }

  #management(
    { service, definitionId, runId }: RunAddress,
    ...action: string[]
  ): URL {
    return service.at([
      'management',
      'processes',
      definitionId,
      'instances',
      runId,
      ...action,
    ]);
  }

  #read(
    lane: 'looks' | 'reads',
    url: URL,
    call: RuntimeCall & Pick<HttpRequest, 'headers'>,
  ): Promise<HttpAnswer> {
    const retries = READ_RETRIES;
    return this.#lanes[lane].request({ method: 'GET', url, retries, ...call });
  }

  #bad({ status }: HttpAnswer): Error {
    if (status === 502 || status === 503) {
      return new ServiceUnavailableError(`${this.upstream} is not available`);
    }
    if (status === 504) {
      return new EngineTimeoutError(`${this.upstream} did not answer in time`);
    }
    return new EngineAnswerError(
      `${this.upstream} answered with status ${status} and not as expected`,
    );
  }
}
