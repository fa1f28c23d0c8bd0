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
import type { LookupFunction } from 'node:net';

/** A request to an upstream. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'PUT';
  readonly url: URL;
  /** Headers beside those that every request has, with their names as they go over the wire. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; absent for a request without a body. */
  readonly body?: unknown;
  /** The media type of the body; `application/json` unless told. */
  readonly bodyType?: string;
  /** Milliseconds until the whole answer must be there, the wait for a free slot included; the client's unless told. */
  readonly timeoutMs?: number;
  /** Ends the request early. */
  readonly signal?: AbortSignal;
  /** The most bytes of the answer's body; the client's unless told. */
  readonly maxBytes?: number;
  /**
   * For requests that change nothing: how often it is sent again where the upstream cannot be reached or answers 502, 503 or
   * 504. None unless told.
   */
  readonly retries?: number;
}

/** The answer of an upstream, whatever its status but a redirect. */
export interface HttpAnswer {
  readonly status: number;
  /** The media type that it claims to be; the body need not be so. */
  readonly type?: string;
  readonly text: string;
  /** @throws EngineAnswerError where the body is not JSON */
  json(): JsonValue;
}

/** How the client shows itself over TLS, and whom it trusts. */
export interface TlsOptions {
  /** Certificates that are trusted in place of the well-known ones, as PEM text. */
  readonly ca?: string;
  /** The client's certificate, as PEM text. */
  readonly cert?: string;
  /** The key of the client's certificate, as PEM text. */
  readonly key?: string;
  /** False to take any certificate; true unless told. */
  readonly rejectUnauthorized?: boolean;
}

/** What a client is made of. */
export interface HttpClientOptions {
  /** Who is asked, for messages, which are shown to callers: a name such as `Data Index "emea"`, never an address. */
  readonly upstream: string;
  /** Milliseconds that a request may take. */
  readonly timeoutMs: number;
  /** The most bytes of an answer's body. */
  readonly maxBytes: number;
  /** Requests at one time to one origin; others wait. */
  readonly concurrency: number;
  /** Requests that may wait for one origin; 25 times `concurrency` unless told. */
  readonly maxWaiting?: number;
  readonly tls?: TlsOptions;
  /** The value of the header `Authorization` for a request to the address. */
  readonly authorization?: (url: URL) => string | undefined;
  /** Resolves host names, in place of the system. */
  readonly lookup?: LookupFunction;
}
