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

import type { JsonValue } from '@backstage/types';
import { isNestedTooDeeply, MAX_DEPTH } from '../interpreter/nesting';
import type { Failure, Outcome } from '../interpreter/RunState';
import { buildRequest, RequestError } from './buildRequest';
import { CallSlots } from './CallSlots';
import type { Egress } from './Egress';

/** A call of a `rest:` function. */
export interface RestCall {
  /** Shares the calls of one time with other workflows. */
  readonly workflowId: string;
  readonly functionName: string;
  readonly method: string;
  /** The address as the author wrote it. */
  readonly url: string;
  readonly arguments?: JsonValue;
  /** The names of arguments that the author wrote; only these may be told. */
  readonly argumentNames: ReadonlySet<string>;
  /** The same for each time that this call is sent. */
  readonly idempotencyKey: string;
  /** Ends the call; nobody waits for what it comes to. */
  readonly signal: AbortSignal;
}

/** How far a call may go. */
export interface RestLimits {
  /** Milliseconds until the whole answer must be there. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  /** Calls at one time, of which one workflow has half at most; others wait. */
  readonly maxConcurrent: number;
}

class TooLargeError extends Error {}

async function readText(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) {
    return '';
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new TooLargeError();
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Words for why a call was not answered, without an address in them. */
function networkReason(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown } }).cause;
  return typeof cause?.code === 'string' && /^[A-Z0-9_]{1,40}$/.test(cause.code)
    ? ` (${cause.code})`
    : '';
}

/** Calls REST endpoints that the egress list names. */
export class RestClient {
  readonly #egress: Egress;
  readonly #limits: RestLimits;
  readonly #slots: CallSlots;

  constructor(egress: Egress, limits: RestLimits) {
    this.#egress = egress;
    this.#limits = limits;
    this.#slots = new CallSlots(limits.maxConcurrent);
  }

  /**
   * Makes a call.
   *
   * @returns what it came to; undefined where its signal ended it
   */
  async call(call: RestCall): Promise<Outcome | undefined> {
    const release = await this.#slots.take(call.workflowId, call.signal);
    if (release === undefined) {
      return undefined;
    }
    try {
      const outcome = await this.#send(call);
      return call.signal.aborted ? undefined : outcome;
    } finally {
      release();
    }
  }

  async #send(call: RestCall): Promise<Outcome> {
    const fail = (
      kind: Failure['kind'],
      what: string,
      more: Partial<Failure> = {},
    ) => ({
      failure: {
        kind,
        message: `Function ${call.functionName}: ${what}`,
        ...more,
      },
    });
    let request;
    try {
      request = buildRequest(call);
    } catch (error) {
      if (error instanceof RequestError) {
        return fail('refused', error.message);
      }
      throw error;
    }
    if (!this.#egress.allows(request.url)) {
      return fail(
        'refused',
        'its address is not in orchestrator.engines.embedded.egress',
      );
    }
    if (!request.headers.has('idempotency-key')) {
      request.headers.set('idempotency-key', call.idempotencyKey);
    }
    const timeout = AbortSignal.timeout(this.#limits.timeoutMs);
    try {
      const response = await fetch(request.url, {
        method: request.method,
        headers: request.headers,
        body: request.body,
        // A redirect leads where the list may not.
        redirect: 'manual',
        signal: AbortSignal.any([call.signal, timeout]),
      });
      if (!response.ok) {
        await response.body?.cancel();
        return fail('http', `it was answered with status ${response.status}`, {
          status: response.status,
          matched: `Unknown error, status code ${response.status}`,
        });
      }
      const text = await readText(response, this.#limits.maxResponseBytes);
      const value = text === '' ? null : (JSON.parse(text) as JsonValue);
      return isNestedTooDeeply(value)
        ? fail('answer', `its answer is nested deeper than ${MAX_DEPTH} levels`)
        : { value };
    } catch (error) {
      if (timeout.aborted) {
        return fail(
          'timeout',
          `it was not answered within ${this.#limits.timeoutMs} milliseconds`,
        );
      }
      if (error instanceof TooLargeError) {
        return fail(
          'answer',
          `its answer is larger than ${this.#limits.maxResponseBytes} bytes`,
        );
      }
      if (error instanceof SyntaxError) {
        return fail('answer', 'its answer is not JSON');
      }
      return fail('network', `it was not answered${networkReason(error)}`);
    }
  }
}
