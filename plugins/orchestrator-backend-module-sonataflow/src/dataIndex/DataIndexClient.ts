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
import type { JsonObject, JsonValue } from '@backstage/types';
import { EngineAnswerError } from '@flowgate/backstage-plugin-orchestrator-node';
import type { HttpClient } from '../http/HttpClient';
import type { HttpAnswer } from '../http/httpTypes';
import { kindOf, type QuestionKind } from './documents';

/** What a question to a Data Index goes along with. */
export interface DataIndexCall {
  /** Ends the question early. */
  readonly abortSignal?: AbortSignal;
}

/** A client for each kind of question, so that many of one kind do not keep the others waiting. */
export type DataIndexClients = Readonly<Record<QuestionKind, HttpClient>>;

/** How often a question is asked again where the Data Index cannot be reached. Questions change nothing. */
const RETRIES = 2;

/** What gateways answer in place of a service that is not there. */
const AWAY: readonly number[] = [502, 503, 504];

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Whether all errors are of single rows, which lack what the schema says that they have: the row is then `null`, and the others are
 * right. The Data Index makes such rows where events come in another order, or are lost.
 */
function areOfRows(errors: JsonValue | undefined): boolean {
  if (errors === undefined) return true;
  return (
    Array.isArray(errors) &&
    errors.every(error => {
      if (!isObject(error) || !Array.isArray(error.path)) return false;
      const { extensions, path } = error;
      const { classification } = isObject(extensions) ? extensions : error;
      return (
        classification === 'NullValueInNonNullableField' && path.length > 1
      );
    })
  );
}

/** Asks the GraphQL endpoint of a Data Index. */
export class DataIndexClient {
  readonly #clients: DataIndexClients;
  readonly #endpoint: URL;

  /** @param url - of the Data Index, without the path of its endpoint */
  constructor(clients: DataIndexClients, url: URL) {
    this.#clients = clients;
    this.#endpoint = new URL(url);
    this.#endpoint.pathname = `${url.pathname.replace(/\/+$/, '')}/graphql`;
  }

  /** The name of the Data Index, for messages. */
  get name(): string {
    return this.#clients.reads.upstream;
  }

  /**
   * Asks one question.
   *
   * @param document - a constant text; what differs between two questions is in the variables
   * @returns the `data` of the answer
   * @throws EngineAnswerError where it is no answer to the question, and all that {@link HttpClient.request} throws. What the Data
   *   Index says about an error is not passed on, since it holds SQL at times
   */
  async query(
    document: string,
    variables: JsonObject,
    call: DataIndexCall,
  ): Promise<JsonObject> {
    const answer = await this.#clients[kindOf(document)].request({
      method: 'POST',
      url: this.#endpoint,
      body: { query: document, variables },
      signal: call.abortSignal,
      retries: RETRIES,
    });
    return this.#dataOf(answer);
  }

  /** The error for an answer that is not what was asked for. */
  badAnswer(): EngineAnswerError {
    return new EngineAnswerError(
      `${this.name} did not answer what it was asked`,
    );
  }

  /** Ends its connections. */
  close(): void {
    for (const client of Object.values(this.#clients)) client.close();
  }

  #dataOf(answer: HttpAnswer): JsonObject {
    if (AWAY.includes(answer.status)) {
      throw new ServiceUnavailableError(
        `${this.name} is not available (status ${answer.status})`,
      );
    }
    if (answer.status !== 200) {
      throw new EngineAnswerError(
        `${this.name} answered with status ${answer.status}`,
      );
    }
    const body = answer.json();
    // An error of the question, too, comes with status 200.
    const { data, errors } = isObject(body) ? body : ({} as JsonObject);
    if (!isObject(data) || !areOfRows(errors)) throw this.badAnswer();
    return data;
  }
}
