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

import { ServiceUnavailableError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import {
  EngineAnswerError,
  EngineTimeoutError,
  notStarted,
} from '@flowgate/backstage-plugin-orchestrator-node';
import http, { type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import { AnswerTooLargeError } from './AnswerTooLargeError';
import { Deadline, DeadlineError } from './Deadline';
import {
  type Exchange,
  type ExchangeAnswer,
  ExchangeError,
  send,
} from './exchange';
import type { HttpAnswer, HttpClientOptions, HttpRequest } from './httpTypes';
import { QueueFullError, Slots } from './Slots';

const USER_AGENT = 'flowgate-orchestrator';

/**
 * Milliseconds after which an idle connection is given up. Short, since a start over a connection that the other end has just
 * closed cannot be told from one that was lost on its way.
 */
const IDLE_MS = 4_000;

/** Milliseconds before the first repeat at most; twice as many before each further one. */
const BACK_OFF_MS = 200;

const TRY_AGAIN: readonly number[] = [502, 503, 504];

/** How far a request has come, over all its tries. */
interface Progress {
  isSent: boolean;
}

/**
 * Asks one upstream, or many of one kind, over HTTP. It is built on node:http, since SonataFlow copies every header of a start
 * to the calls of the run and knows those that it must not copy by their exact case, which `fetch` does not keep. Nothing is sent
 * but Host, Connection, Accept, User-Agent, Content-Type and Content-Length with a body, Authorization where told, and what the
 * caller names. Its errors name the upstream, never an address, nor what was sent or answered.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #agents: { readonly http: http.Agent; readonly https: https.Agent };
  readonly #slots: Slots;
  readonly #closing = new AbortController();

  constructor(options: HttpClientOptions) {
    this.#options = options;
    const { concurrency, tls } = options;
    const keep = { keepAlive: true, timeout: IDLE_MS };
    this.#agents = {
      http: new http.Agent(keep),
      https: new https.Agent({ ...keep, ...tls }),
    };
    const maxWaiting = options.maxWaiting ?? 25 * concurrency;
    this.#slots = new Slots(concurrency, maxWaiting);
  }

  /** Who is asked, for messages. */
  get upstream(): string {
    return this.#options.upstream;
  }

  /**
   * Sends a request and answers whatever comes back. A redirect is never followed.
   *
   * @throws EngineTimeoutError where the answer is not there in time, EngineAnswerError where it cannot be read,
   *   AnswerTooLargeError where it is too large, ServiceUnavailableError where the upstream cannot be reached, the connection is
   *   lost or the request ended early. Marked by `notStarted` where nothing can have reached the upstream
   */
  async request(request: HttpRequest): Promise<HttpAnswer> {
    const deadline = new Deadline(
      request.timeoutMs ?? this.#options.timeoutMs,
      [this.#closing.signal, request.signal].filter(one => one !== undefined),
    );
    const progress: Progress = { isSent: false };
    try {
      const answer = await this.#ask(request, deadline, progress);
      return { ...answer, json: () => this.#parse(answer.text) };
    } catch (error) {
      const shown = this.#explain(error);
      throw progress.isSent ? shown : notStarted(shown);
    } finally {
      deadline.close();
    }
  }

  /** Ends what is under way, and all connections. */
  close(): void {
    this.#closing.abort();
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  async #ask(
    request: HttpRequest,
    deadline: Deadline,
    progress: Progress,
  ): Promise<ExchangeAnswer> {
    const exchange = this.#prepare(request, deadline.signal, progress);
    const retries = request.retries ?? 0;
    for (let tried = 0; ; tried++) {
      const pause = BACK_OFF_MS * 2 ** tried * (0.5 + Math.random() / 2);
      // What was found out is worth more than that there is no time left to find out more.
      const isLast = () => tried >= retries || pause >= deadline.left;
      try {
        const answer = await this.#try(exchange, request);
        if (isLast() || !TRY_AGAIN.includes(answer.status)) return answer;
      } catch (error) {
        const isLost =
          error instanceof ExchangeError &&
          (error.fault === 'network' || error.fault === 'stale');
        if (isLast() || !isLost) throw error;
      }
      await deadline.pause(pause);
    }
  }

  async #try(
    exchange: Exchange,
    request: HttpRequest,
  ): Promise<ExchangeAnswer> {
    const release = await this.#slots.take(
      exchange.url.origin,
      exchange.signal,
    );
    try {
      return await send(exchange);
    } catch (error) {
      const isRepeatable =
        request.method === 'GET' || (request.retries ?? 0) > 0;
      const isStale = error instanceof ExchangeError && error.fault === 'stale';
      if (!isRepeatable || !isStale) throw error;
      // A connection of its own cannot have been closed while it was idle.
      return await send({ ...exchange, agent: false });
    } finally {
      release();
    }
  }

  #prepare(
    request: HttpRequest,
    signal: AbortSignal,
    progress: Progress,
  ): Exchange {
    const { url, method } = request;
    const isTls = url.protocol === 'https:';
    if (!isTls && url.protocol !== 'http:') {
      throw new ExchangeError('unsendable');
    }
    const body =
      request.body === undefined
        ? undefined
        : Buffer.from(JSON.stringify(request.body));
    const headers: OutgoingHttpHeaders = {
      Accept: 'application/json',
      'User-Agent': USER_AGENT,
    };
    if (body) headers['Content-Type'] = request.bodyType ?? 'application/json';
    if (body || method === 'POST' || method === 'PUT') {
      headers['Content-Length'] = body?.byteLength ?? 0;
    }
    const authorization = this.#options.authorization?.(url);
    if (authorization) headers.Authorization = authorization;
    return {
      url,
      method,
      headers: { ...headers, ...request.headers },
      body,
      maxBytes: request.maxBytes ?? this.#options.maxBytes,
      agent: isTls ? this.#agents.https : this.#agents.http,
      tls: this.#options.tls,
      lookup: this.#options.lookup,
      signal,
      onSent: () => {
        progress.isSent = true;
      },
    };
  }

  #parse(text: string): JsonValue {
    try {
      return JSON.parse(text);
    } catch {
      // The parser's own message quotes the text.
      throw new EngineAnswerError(`${this.upstream} did not answer with JSON`);
    }
  }

  #explain(error: unknown): Error {
    const { upstream } = this;
    if (error instanceof DeadlineError) {
      return new EngineTimeoutError(`${upstream} did not answer in time`);
    }
    if (error instanceof QueueFullError) {
      return new ServiceUnavailableError(
        `${upstream} has too many requests waiting for it`,
      );
    }
    if (!(error instanceof ExchangeError)) {
      return new ServiceUnavailableError(
        `${upstream} was not waited for any longer`,
      );
    }
    switch (error.fault) {
      case 'too-large':
        return new AnswerTooLargeError(
          `${upstream} answered with more bytes than are allowed`,
        );
      case 'redirect':
        return new EngineAnswerError(`${upstream} answered with a redirect`);
      case 'bad':
        return new EngineAnswerError(
          `${upstream} gave an answer that cannot be read`,
        );
      case 'unsendable':
        return new EngineAnswerError(
          `${upstream} cannot be asked with what was given`,
        );
      default:
        return new ServiceUnavailableError(
          `${upstream} cannot be reached${
            error.code ? ` (${error.code})` : ''
          }`,
        );
    }
  }
}
