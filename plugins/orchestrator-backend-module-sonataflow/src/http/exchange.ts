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

import http, {
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import https from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { urlToHttpOptions } from 'node:url';

/** A request as it goes over the wire. */
export interface Exchange {
  readonly url: URL;
  readonly method: string;
  /** All headers but Host and Connection, by their names on the wire. */
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Buffer;
  readonly maxBytes: number;
  /** False for a connection of its own. */
  readonly agent: http.Agent | https.Agent | false;
  readonly tls?: https.RequestOptions;
  readonly lookup?: LookupFunction;
  /** Ends it; the reason is thrown. */
  readonly signal: AbortSignal;
  /** Called once the upstream may have seen the request. */
  readonly onSent: () => void;
}

/** The status, type and body of an answer. */
export interface ExchangeAnswer {
  readonly status: number;
  readonly type?: string;
  readonly text: string;
}

/** Why there is no answer. */
export type ExchangeFault =
  /** It cannot be put into an HTTP request. */
  | 'unsendable'
  /** The connection failed, or ended before the answer was there. */
  | 'network'
  /** A connection that was used before had been closed by the other end. */
  | 'stale'
  /** What came is not what HTTP allows, or not what was asked for. */
  | 'bad'
  | 'redirect'
  | 'too-large';

/** There is no answer. It says nothing of the address or the body. */
export class ExchangeError extends Error {
  readonly fault: ExchangeFault;
  /** Node's code, for example ECONNREFUSED. */
  readonly code?: string;

  constructor(fault: ExchangeFault, code?: unknown) {
    super(fault);
    this.fault = fault;
    this.code =
      typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code)
        ? code
        : undefined;
  }
}

function openRequest(exchange: Exchange): ClientRequest {
  const { url, method, headers, agent, tls, lookup } = exchange;
  // Name and password of an address are not sent: only what the caller names is.
  const { auth: _auth, ...address } = urlToHttpOptions(url);
  const options = { ...address, method, headers, agent, lookup };
  try {
    return url.protocol === 'https:'
      ? https.request({ ...options, ...(agent === false ? tls : {}) })
      : http.request(options);
  } catch (error) {
    throw new ExchangeError('unsendable', (error as { code?: unknown }).code);
  }
}

/** Before its connection stands, nothing of a request has left. */
function watchSending(exchange: Exchange, request: ClientRequest): void {
  request.once('socket', (socket: Socket) => {
    if (request.reusedSocket) {
      exchange.onSent();
      return;
    }
    const isTls = (socket as Partial<TLSSocket>).encrypted === true;
    socket.once(isTls ? 'secureConnect' : 'connect', exchange.onSent);
  });
}

/** @returns why an answer is refused by its head alone */
function faultOfHead(
  answer: IncomingMessage,
  maxBytes: number,
): ExchangeFault | undefined {
  const status = answer.statusCode ?? 0;
  if (status >= 300 && status < 400) return 'redirect';
  const encoding = answer.headers['content-encoding'] ?? 'identity';
  // None was asked for, and a small body can unpack to a large one.
  if (encoding !== 'identity') return 'bad';
  const length = Number(answer.headers['content-length'] ?? 0);
  return length > maxBytes ? 'too-large' : undefined;
}

function readAnswer(
  answer: IncomingMessage,
  maxBytes: number,
  done: (result: ExchangeAnswer | ExchangeError) => void,
): void {
  const fault = faultOfHead(answer, maxBytes);
  if (fault) {
    done(new ExchangeError(fault));
    return;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  answer.on('data', (chunk: Buffer) => {
    size += chunk.byteLength;
    if (size > maxBytes) {
      chunks.length = 0;
      done(new ExchangeError('too-large'));
      return;
    }
    chunks.push(chunk);
  });
  answer.on('error', error =>
    done(new ExchangeError('network', (error as { code?: unknown }).code)),
  );
  answer.on('end', () =>
    done({
      status: answer.statusCode ?? 0,
      type: answer.headers['content-type'],
      text: Buffer.concat(chunks).toString(),
    }),
  );
}

/**
 * Sends one request and reads its answer. Redirects are not followed.
 *
 * @throws ExchangeError, or the reason of the signal
 */
export function send(exchange: Exchange): Promise<ExchangeAnswer> {
  const { signal } = exchange;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = openRequest(exchange);
    let hasAnswered = false;
    const listening = new AbortController();
    const settle = (result: unknown) => {
      listening.abort();
      if (result instanceof Error) {
        reject(result);
        // Whatever still comes is not read.
        request.destroy();
        return;
      }
      resolve(result as ExchangeAnswer);
    };
    signal.addEventListener('abort', () => settle(signal.reason), {
      signal: listening.signal,
    });
    watchSending(exchange, request);
    request.on('response', answer => {
      hasAnswered = true;
      readAnswer(answer, exchange.maxBytes, settle);
    });
    request.on('upgrade', (_answer, socket) => {
      socket.destroy();
      settle(new ExchangeError('bad'));
    });
    request.on('error', (error: Error & { code?: string }) => {
      const { code } = error;
      if (code?.startsWith('HPE_')) {
        settle(new ExchangeError('bad', code));
        return;
      }
      const isStale =
        request.reusedSocket &&
        !hasAnswered &&
        (code === 'ECONNRESET' || code === 'EPIPE');
      settle(new ExchangeError(isStale ? 'stale' : 'network', code));
    });
    request.end(exchange.body);
  });
}
