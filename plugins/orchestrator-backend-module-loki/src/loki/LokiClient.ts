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
import {
  EngineAnswerError,
  EngineTimeoutError,
} from '@flowgate/backstage-plugin-orchestrator-node';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LokiConfig } from '../config/readLokiConfig';

/** Questions at one time; more would fill the memory with their answers. */
const MAX_UNDER_WAY = 20;

type ClientConfig = Pick<
  LokiConfig,
  'baseUrl' | 'token' | 'rejectUnauthorized' | 'timeout' | 'maxResponseBytes'
>;

/** Loki says by these that it may answer later. */
function isPassing(status: number): boolean {
  return status === 429 || status >= 500;
}

function bad(what: string): EngineAnswerError {
  return new EngineAnswerError(`Loki gave a bad answer: ${what}`);
}

/** Asks Loki over HTTP. Its errors name Loki, never its address, the token or anything that was answered. */
export class LokiClient {
  readonly #config: ClientConfig;
  #underWay = 0;

  constructor(config: ClientConfig) {
    this.#config = config;
  }

  /**
   * Asks a question. Redirects are not followed, and no more is read of an answer than it may have.
   *
   * @param path - below the configured address
   * @param abortSignal - ends the question early
   * @returns the parsed answer
   * @throws ServiceUnavailableError, EngineTimeoutError, or EngineAnswerError for an answer that is none
   */
  async get(
    path: string,
    query: URLSearchParams,
    abortSignal?: AbortSignal,
  ): Promise<unknown> {
    if (this.#underWay >= MAX_UNDER_WAY) {
      throw new ServiceUnavailableError('Loki is asked too much at the moment');
    }
    const deadline = AbortSignal.timeout(this.#config.timeout);
    const signal = abortSignal
      ? AbortSignal.any([deadline, abortSignal])
      : deadline;
    this.#underWay += 1;
    try {
      const answer = await this.#send(path, query, signal);
      const text = await this.#read(answer);
      try {
        return JSON.parse(text);
      } catch {
        throw bad('no JSON');
      }
    } catch (error) {
      if (error instanceof EngineAnswerError) throw error;
      if (signal.aborted) {
        throw new EngineTimeoutError('Loki did not answer in time');
      }
      if (error instanceof ServiceUnavailableError) throw error;
      throw new ServiceUnavailableError('Loki cannot be reached');
    } finally {
      this.#underWay -= 1;
    }
  }

  #send(
    path: string,
    query: URLSearchParams,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { baseUrl, token, rejectUnauthorized } = this.#config;
    const url = new URL(`${baseUrl}${path}?${query}`);
    const headers = {
      Accept: 'application/json',
      Authorization: `Bearer ${token}`,
    };
    return new Promise((resolve, reject) => {
      const request =
        url.protocol === 'https:'
          ? https.get(
              url,
              { headers, signal, rejectUnauthorized, agent: false },
              resolve,
            )
          : http.get(url, { headers, signal, agent: false }, resolve);
      request.once('error', reject);
    });
  }

  async #read(answer: IncomingMessage): Promise<string> {
    const { statusCode = 0 } = answer;
    if (statusCode !== 200) {
      answer.destroy();
      throw isPassing(statusCode)
        ? new ServiceUnavailableError(`Loki answered with ${statusCode}`)
        : bad(`status ${statusCode}`);
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > this.#config.maxResponseBytes) {
        answer.destroy();
        throw bad('too large');
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}
