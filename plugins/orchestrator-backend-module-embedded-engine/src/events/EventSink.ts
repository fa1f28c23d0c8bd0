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
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import { encodeAttribute } from './encodeAttribute';

/** What became of an event that was sent. */
export type Sending =
  | { readonly taken: true }
  /** `reason`: may be logged; it holds no address and nothing of the event. */
  | { readonly taken: false; readonly reason: string };

/** Where events of runs go outside of the engine. */
export interface EventSink {
  /** Sends an event. It throws nothing. */
  send(event: EngineEvent, signal: AbortSignal): Promise<Sending>;
}

const TIMEOUT_MS = 10_000;
/** Nothing of an answer is needed; a short one is read so that its connection can be used again. */
const MAX_ANSWER = 16_384;

/** The headers of an event in the binary mode of CloudEvents. */
export function eventHeaders(event: EngineEvent): Headers {
  const { data, dataSchema, extensions, id, source, subject, time, type } =
    event;
  const headers = new Headers({ 'ce-specversion': '1.0' });
  const attributes = {
    ...extensions,
    id,
    source,
    type,
    subject,
    time,
    dataschema: dataSchema,
  };
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) {
      headers.set(`ce-${name}`, encodeAttribute(value));
    }
  }
  if (data !== undefined) {
    headers.set('content-type', 'application/json');
  }
  return headers;
}

async function discard(response: Response): Promise<void> {
  let size = 0;
  const reader = response.body?.getReader();
  while (reader !== undefined && size <= MAX_ANSWER) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    size += value.byteLength;
  }
  await reader?.cancel();
}

/** Why a request was not answered, without an address. */
function reasonOf(error: unknown): string {
  const code = (error as { cause?: { code?: unknown } } | undefined)?.cause
    ?.code;
  return typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code)
    ? `no answer (${code})`
    : 'no answer';
}

/** A sink that takes events over HTTP. */
export class HttpEventSink implements EventSink {
  readonly #url: string;
  readonly #timeoutMs: number;

  /** @param options - `timeoutMs`: until the answer must be there; milliseconds */
  constructor(url: string, options: { readonly timeoutMs?: number } = {}) {
    this.#url = url;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  async send(event: EngineEvent, signal: AbortSignal): Promise<Sending> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: eventHeaders(event),
        body: event.data === undefined ? undefined : JSON.stringify(event.data),
        // Where it leads to, nobody has configured.
        redirect: 'manual',
        signal: AbortSignal.any([signal, timeout]),
      });
      // The status is what counts, whatever becomes of the rest of the answer.
      await discard(response).catch(() => {});
      return response.ok
        ? { taken: true }
        : { taken: false, reason: `status ${response.status}` };
    } catch (error) {
      return {
        taken: false,
        reason: timeout.aborted
          ? `no answer within ${this.#timeoutMs} milliseconds`
          : reasonOf(error),
      };
    }
  }
}
