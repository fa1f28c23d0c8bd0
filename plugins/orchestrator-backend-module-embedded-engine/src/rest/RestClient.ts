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
import type { OpenApiOperation } from '../language/Definition';
import { applyAuth, type Auth } from './applyAuth';
import { buildOpenApiRequest } from './buildOpenApiRequest';
import { buildRequest } from './buildRequest';
import { CallSlots } from './CallSlots';
import { HttpError } from './HttpError';
import type { HttpAnswer, HttpRequest, HttpTransport } from './HttpTransport';
import { OAuthTokens } from './OAuthTokens';
import { RecentTokens } from './RecentTokens';
import { type Hidden, redactOutcome } from './redact';
import { RequestError } from './requestParts';

/** What a call asks for. */
export type RestTarget =
  | {
      readonly kind: 'rest';
      readonly method: string;
      /** The address as the author wrote it. */
      readonly url: string;
      /** The names of arguments that the author wrote; only these may be told. */
      readonly argumentNames: ReadonlySet<string>;
    }
  | { readonly kind: 'openapi'; readonly operation: OpenApiOperation };

/** A call of a function. */
export interface RestCall {
  /** Shares the calls of one time with other workflows. */
  readonly workflowId: string;
  readonly functionName: string;
  readonly target: RestTarget;
  readonly arguments?: JsonValue;
  readonly auth: readonly Auth[];
  /** What must not come back. */
  readonly hidden: Hidden;
  /** The same for each time that this call is sent. */
  readonly idempotencyKey: string;
  /** Ends the call; nobody waits for what it comes to. */
  readonly signal: AbortSignal;
  /** Asked right before each request: what came before it may have taken long. Where it says no, nothing is sent. */
  readonly mayBeSent?: () => Promise<boolean>;
}

/** How far a call may go. */
export interface RestLimits {
  /** Milliseconds until the whole answer must be there. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  /** Calls at one time, of which one workflow has half at most; others wait. */
  readonly maxConcurrent: number;
}

type OAuth = Extract<Auth, { scheme: 'oauth2' }>;

/** The tokens of oauth2 that a call is sent with. */
type Tokens = ReadonlyMap<OAuth, string>;

function isOAuth(auth: Auth): auth is OAuth {
  return auth.scheme === 'oauth2';
}

function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status <= 299;
}

/** What an answer comes to. */
function outcomeOf(
  answer: HttpAnswer,
  fail: (
    kind: Failure['kind'],
    what: string,
    more?: Partial<Failure>,
  ) => Outcome,
): Outcome {
  const { status, text } = answer;
  if (!isSuccess(answer)) {
    const isRedirect = status >= 300 && status <= 399 && status !== 304;
    return fail(
      'http',
      `it was answered with status ${status}${
        isRedirect ? ', and redirects are not followed' : ''
      }`,
      { status, matched: `Unknown error, status code ${status}` },
    );
  }
  let value: JsonValue = null;
  try {
    value = text === '' ? null : JSON.parse(text);
  } catch {
    return fail('answer', 'its answer is not JSON');
  }
  return isNestedTooDeeply(value)
    ? fail('answer', `its answer is nested deeper than ${MAX_DEPTH} levels`)
    : { value };
}

/** Calls endpoints over HTTP. */
export class RestClient {
  readonly #transport: HttpTransport;
  readonly #limits: RestLimits;
  readonly #slots: CallSlots;
  readonly #tokens: OAuthTokens;
  readonly #recent = new RecentTokens();

  /** @param now - the time, which decides when tokens have expired */
  constructor(
    transport: HttpTransport,
    limits: RestLimits,
    now: () => number = Date.now,
  ) {
    this.#transport = transport;
    this.#limits = limits;
    this.#slots = new CallSlots(limits.maxConcurrent);
    this.#tokens = new OAuthTokens(transport, {
      now,
      timeoutMs: limits.timeoutMs,
    });
  }

  /**
   * Makes a call.
   *
   * @returns what it came to, without what is hidden; undefined where its signal ended it, or it may not be sent any more
   */
  async call(call: RestCall): Promise<Outcome | undefined> {
    const release = await this.#slots.take(call.workflowId, call.signal);
    if (release === undefined) {
      return undefined;
    }
    try {
      const secrets = [...call.hidden.secrets];
      const outcome = await this.#outcome(call, secrets);
      return call.signal.aborted || outcome === undefined
        ? undefined
        : redactOutcome(outcome, {
            ...call.hidden,
            secrets: [...secrets, ...this.#recent.of(call.workflowId)],
          });
    } finally {
      release();
    }
  }

  /** @param secrets - gets what proves who the call is */
  async #outcome(
    call: RestCall,
    secrets: string[],
  ): Promise<Outcome | undefined> {
    const fail = (
      kind: Failure['kind'],
      what: string,
      more: Partial<Failure> = {},
    ): Outcome => ({
      failure: {
        kind,
        message: `Function ${call.functionName}: ${what}`,
        ...more,
      },
    });
    const timeout = AbortSignal.timeout(this.#limits.timeoutMs);
    try {
      const signal = AbortSignal.any([call.signal, timeout]);
      const answer = await this.#exchange(call, secrets, signal);
      return answer && outcomeOf(answer, fail);
    } catch (error) {
      if (error instanceof RequestError) {
        return fail('refused', error.message);
      }
      if (error instanceof HttpError) {
        return fail(error.kind, error.message);
      }
      if (timeout.aborted || call.signal.aborted) {
        return fail(
          'timeout',
          `it was not answered within ${this.#limits.timeoutMs} milliseconds`,
        );
      }
      throw error;
    }
  }

  async #exchange(
    call: RestCall,
    secrets: string[],
    signal: AbortSignal,
  ): Promise<HttpAnswer | undefined> {
    const send = async (tokens: Tokens) => {
      const request = this.#request(call, tokens, secrets);
      const maxBytes = this.#limits.maxResponseBytes;
      return (await call.mayBeSent?.()) === false
        ? undefined
        : this.#transport.send(request, { signal, maxBytes });
    };
    const oauths = call.auth.filter(isOAuth);
    if (oauths.length > 0) {
      // Arguments that no request can be made of are told before anybody is asked for a token.
      this.#request(call, new Map(), secrets);
    }
    const tokens = await this.#tokensOf(call.workflowId, oauths, signal);
    const answer = await send(tokens);
    if (answer?.status !== 401 || oauths.length === 0) {
      return answer;
    }
    // They may have been revoked before they expired.
    const others = await this.#tokensOf(
      call.workflowId,
      oauths,
      signal,
      tokens,
    );
    return oauths.every(auth => others.get(auth) === tokens.get(auth))
      ? answer
      : send(others);
  }

  async #tokensOf(
    workflowId: string,
    oauths: readonly OAuth[],
    signal: AbortSignal,
    refused?: Tokens,
  ): Promise<Tokens> {
    const tokens = new Map<OAuth, string>();
    for (const auth of oauths) {
      const token = await this.#tokens.get(auth, signal, refused?.get(auth));
      this.#recent.add(workflowId, token);
      tokens.set(auth, token);
    }
    return tokens;
  }

  #request(
    { arguments: args, auth: auths, idempotencyKey, target }: RestCall,
    tokens: Tokens,
    secrets: string[],
  ): HttpRequest {
    const request =
      target.kind === 'openapi'
        ? buildOpenApiRequest(target.operation, args)
        : buildRequest({ ...target, arguments: args });
    if (!request.headers.has('idempotency-key')) {
      request.headers.set('idempotency-key', idempotencyKey);
    }
    for (const auth of auths) {
      const token = isOAuth(auth) ? tokens.get(auth) : undefined;
      secrets.push(...applyAuth(request, auth, token));
    }
    return request;
  }
}
