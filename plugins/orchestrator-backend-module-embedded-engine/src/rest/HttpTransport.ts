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

import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import {
  Agent as HttpAgent,
  ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { AddressRules } from './addresses';
import type { Egress } from './Egress';
import { HttpError } from './HttpError';
import { readBody } from './readBody';

/** A request. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body?: string;
}

/** An answer. */
export interface HttpAnswer {
  readonly status: number;
  /** Empty where the status is one of failure. */
  readonly text: string;
}

/** Looks up all addresses of a name. */
export type Resolve = (
  hostname: string,
  callback: (
    error: NodeJS.ErrnoException | null,
    addresses: LookupAddress[],
  ) => void,
) => void;

const FORBIDDEN_ADDRESS =
  'its host has no address to which orchestrator.engines.embedded.egress allows calls';

class ForbiddenAddressError extends Error {}

/** A connection that idles for longer is closed, before most servers do it. */
const IDLE_MS = 4_000;

/** Some services refuse requests that do not say who asks. */
const USER_AGENT = 'flowgate-orchestrator';

function resolveAll(hostname: string, callback: Parameters<Resolve>[1]): void {
  systemLookup(hostname, { all: true }, callback);
}

/** Looks a name up when a connection is made, so that nothing can change between the check and the use. */
function checkedLookup(resolve: Resolve, rules: AddressRules): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, (error, found) => {
      if (error !== null) {
        callback(error, '');
        return;
      }
      const allowed = found.filter(
        ({ address, family }) =>
          rules.allows(address) &&
          (!options.family || Number(options.family) === family),
      );
      if (allowed.length === 0) {
        callback(new ForbiddenAddressError(), '');
      } else if (options.all) {
        callback(null, allowed);
      } else {
        callback(null, allowed[0].address, allowed[0].family);
      }
    });
  };
}

/** Words for why a request was not answered, without an address in them. */
function networkReason(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code)
    ? ` (${code})`
    : '';
}

/**
 * Sends requests to where egress allows them: to its places, and there to the addresses that their hosts may have. It follows no
 * redirects, and goes through no proxy.
 */
export class HttpTransport {
  readonly #egress: Egress;
  readonly #resolve: Resolve;
  readonly #agents = {
    'http:': new HttpAgent({ keepAlive: true, timeout: IDLE_MS }),
    'https:': new HttpsAgent({ keepAlive: true, timeout: IDLE_MS }),
  };
  readonly #freshAgents = {
    'http:': new HttpAgent({ keepAlive: false }),
    'https:': new HttpsAgent({ keepAlive: false }),
  };

  /** @param resolve - looks names up; by default as the machine does */
  constructor(egress: Egress, resolve: Resolve = resolveAll) {
    this.#egress = egress;
    this.#resolve = resolve;
  }

  /**
   * Sends a request.
   *
   * @throws HttpError; the reason of the signal, where that ended it
   */
  async send(
    request: HttpRequest,
    limits: { readonly signal: AbortSignal; readonly maxBytes: number },
  ): Promise<HttpAnswer> {
    const { url } = request;
    const rules = this.#egress.allows(url)
      ? this.#egress.rulesOf(url)
      : undefined;
    if (rules === undefined) {
      throw new HttpError(
        'refused',
        'its address is not in orchestrator.engines.embedded.egress',
      );
    }
    const hostname = url.hostname.replace(/^\[|\]$/g, '');
    // Names are checked when they are looked up, and an address is not looked up.
    if (isIP(hostname) !== 0 && !rules.allows(hostname)) {
      throw new HttpError('refused', FORBIDDEN_ADDRESS);
    }
    const lookup = checkedLookup(this.#resolve, rules);
    try {
      const response = await this.#open(request, lookup, limits.signal);
      const status = response.statusCode ?? 0;
      if (status < 200 || status > 299) {
        response.destroy();
        return { status, text: '' };
      }
      const text = await readBody(response, request.method, limits.maxBytes);
      return { status, text };
    } catch (error) {
      if (limits.signal.aborted) {
        throw limits.signal.reason;
      }
      if (error instanceof HttpError) {
        throw error;
      }
      if (error instanceof ForbiddenAddressError) {
        throw new HttpError('refused', FORBIDDEN_ADDRESS);
      }
      throw new HttpError(
        'network',
        `it was not answered${networkReason(error)}`,
      );
    }
  }

  /** Closes the connections that are kept for further requests. */
  close(): void {
    Object.values(this.#agents).forEach(agent => agent.destroy());
  }

  async #open(
    request: HttpRequest,
    lookup: LookupFunction,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const first = await this.#attempt(request, lookup, signal, this.#agents);
    if ('response' in first) {
      return first.response;
    }
    // The server has closed a connection that was kept, just as it was used again.
    if (first.wasKept && /^(?:ECONNRESET|EPIPE)$/.test(first.code)) {
      const second = await this.#attempt(
        request,
        lookup,
        signal,
        this.#freshAgents,
      );
      if ('response' in second) {
        return second.response;
      }
      throw second.error;
    }
    throw first.error;
  }

  #attempt(
    { body, headers, method, url }: HttpRequest,
    lookup: LookupFunction,
    signal: AbortSignal,
    agents: { readonly [protocol: string]: HttpAgent },
  ): Promise<
    | { readonly response: IncomingMessage }
    | {
        readonly error: Error;
        readonly code: string;
        readonly wasKept: boolean;
      }
  > {
    return new Promise(resolve => {
      // The class itself, since libraries that put a proxy into all requests of a process replace the functions of its module.
      const sent = new ClientRequest({
        protocol: url.protocol,
        hostname: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port || (url.protocol === 'https:' ? 443 : 80),
        path: url.pathname + url.search,
        method,
        headers: {
          'user-agent': USER_AGENT,
          ...Object.fromEntries(headers),
          ...(body === undefined
            ? {}
            : { 'content-length': String(Buffer.byteLength(body)) }),
        },
        agent: agents[url.protocol],
        lookup,
        signal,
      });
      sent.on('response', response => resolve({ response }));
      // It stays, for errors after the answer has begun: those are seen where that is read.
      sent.on('error', (error: NodeJS.ErrnoException) =>
        resolve({ error, code: error.code ?? '', wasKept: sent.reusedSocket }),
      );
      sent.end(body);
    });
  }
}
