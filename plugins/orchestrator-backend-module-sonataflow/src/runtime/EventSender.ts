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

import type { JsonObject, JsonValue } from '@backstage/types';
import { EngineAnswerError } from '@flowgate/backstage-plugin-orchestrator-node';
import type { HttpClient } from '../http/HttpClient';

/** A CloudEvent, but for what every one has. */
export interface OutgoingEvent {
  readonly id: string;
  readonly type: string;
  readonly source?: string;
  readonly data: JsonValue;
  /** Attributes beside the usual ones; those of the specification are not among them. */
  readonly extensions: Readonly<Record<string, string>>;
}

/** Of events whose definition names none; the specification wants one. */
const SOURCE = '/orchestrator';

/** Sends CloudEvents in their structured form to one address: that of a runtime, or of a broker before it. */
export class EventSender {
  readonly #http: HttpClient;
  readonly #url: URL;

  constructor(http: HttpClient, url: URL) {
    this.#http = http;
    this.#url = url;
  }

  /**
   * Sends an event, once.
   *
   * @throws EngineAnswerError where it is not taken, and what the HTTP client throws
   */
  async send(event: OutgoingEvent, timeoutMs?: number): Promise<void> {
    const { id, type, source = SOURCE, data, extensions } = event;
    const body: JsonObject = {
      ...extensions,
      specversion: '1.0',
      id,
      type,
      source,
      datacontenttype: 'application/json',
      data,
    };
    const { status } = await this.#http.request({
      method: 'POST',
      url: this.#url,
      body,
      bodyType: 'application/cloudevents+json',
      timeoutMs,
    });
    if (status < 200 || status >= 300) {
      throw new EngineAnswerError(
        `${this.#http.upstream} did not take an event (status ${status})`,
      );
    }
  }
}
