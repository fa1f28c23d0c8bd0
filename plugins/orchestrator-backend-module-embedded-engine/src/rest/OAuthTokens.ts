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

import { createHash } from 'node:crypto';
import { isObject } from '../language/merge';
import { type Auth, basicCredentials } from './applyAuth';
import { HttpError } from './HttpError';
import type { HttpTransport } from './HttpTransport';

type OAuth = Extract<Auth, { scheme: 'oauth2' }>;

/** A token is not used any more when it may expire on its way. */
const MARGIN_MS = 30_000;
/** Of a token that does not say how long it lives. */
const DEFAULT_LIFETIME_MS = 5 * 60_000;
const MAX_LIFETIME_MS = 24 * 60 * 60_000;
const MAX_BYTES = 64 * 1024;
const MAX_TOKENS = 1_000;
/** What may stand in a header after `Bearer `. */
const TOKEN = /^[\x21-\x7e]{1,16384}$/;

interface Entry {
  readonly token: Promise<string>;
  /** Milliseconds since the epoch; none while it is being asked for. */
  until?: number;
}

function keyOf(auth: OAuth): string {
  return createHash('sha256')
    .update(
      JSON.stringify([
        auth.tokenUrl,
        auth.clientId,
        auth.clientSecret,
        auth.scopes,
        auth.audience ?? null,
      ]),
    )
    .digest('base64');
}

/** As the client credentials grant writes names and passwords before it joins them. */
function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

function lifetimeOf(expiresIn: unknown): number {
  const seconds = Number(expiresIn ?? NaN);
  return Number.isFinite(seconds) && seconds > 0
    ? Math.min(seconds * 1_000, MAX_LIFETIME_MS)
    : DEFAULT_LIFETIME_MS;
}

/** Waits for something that goes on for others too. */
async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  let end = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    end = () => reject(signal.reason);
    signal.addEventListener('abort', end, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** The tokens of the client credentials grant, in memory until they expire. There is one request at a time for each. */
export class OAuthTokens {
  readonly #transport: HttpTransport;
  readonly #timeoutMs: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  constructor(
    transport: HttpTransport,
    {
      now,
      timeoutMs,
    }: { readonly now: () => number; readonly timeoutMs: number },
  ) {
    this.#transport = transport;
    this.#now = now;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * The token for an auth.
   *
   * @param refused - one that a service has refused: if it is the one that is known, another is asked for
   * @throws HttpError that names the auth; the reason of the signal
   */
  async get(
    auth: OAuth,
    signal: AbortSignal,
    refused?: string,
  ): Promise<string> {
    const key = keyOf(auth);
    const known = this.#entries.get(key);
    if (known !== undefined && (known.until ?? Infinity) > this.#now()) {
      const token = await unlessAborted(known.token, signal);
      if (token !== refused) {
        return token;
      }
    }
    // Another call may have asked for one meanwhile.
    const current = this.#entries.get(key);
    if (current !== undefined && current !== known) {
      return unlessAborted(current.token, signal);
    }
    return unlessAborted(this.#begin(key, auth), signal);
  }

  #begin(key: string, auth: OAuth): Promise<string> {
    const asked = this.#ask(auth);
    const entry: Entry = { token: asked.then(({ token }) => token) };
    // Everybody who wanted it may have gone.
    entry.token.catch(() => {});
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > MAX_TOKENS) {
      const [oldest] = this.#entries.keys();
      this.#entries.delete(oldest);
    }
    asked.then(
      ({ lifetime }) => {
        // One that lives for less than the margin is good for the calls that wait for it.
        entry.until = this.#now() + lifetime - MARGIN_MS;
      },
      () => {
        if (this.#entries.get(key) === entry) {
          this.#entries.delete(key);
        }
      },
    );
    return entry.token;
  }

  /** Asks with the client's credentials in the header, and where that is refused in the body: servers take one or both. */
  async #ask(auth: OAuth): Promise<{ token: string; lifetime: number }> {
    // Whoever waits for it may go, and others may still wait.
    const signal = AbortSignal.timeout(this.#timeoutMs);
    try {
      let answer = await this.#post(auth, signal, true);
      if (answer.status === 400 || answer.status === 401) {
        answer = await this.#post(auth, signal, false);
      }
      if (answer.status < 200 || answer.status > 299) {
        throw new HttpError(
          answer.status >= 500 || answer.status === 429 ? 'network' : 'refused',
          `was answered with status ${answer.status}`,
        );
      }
      return this.#read(answer.text);
    } catch (error) {
      const about = `the request for the token of auth ${auth.name}`;
      if (signal.aborted) {
        throw new HttpError('timeout', `${about} was not answered in time`);
      }
      if (error instanceof HttpError) {
        throw new HttpError(
          error.kind === 'answer' ? 'refused' : error.kind,
          `${about} ${error.message
            .replace(/^it (?=was )/, '')
            .replace(/^its /, 'failed: its ')}`,
        );
      }
      throw error;
    }
  }

  async #post(auth: OAuth, signal: AbortSignal, inHeader: boolean) {
    const { audience, clientId, clientSecret, scopes, tokenUrl } = auth;
    if (!URL.canParse(tokenUrl)) {
      throw new HttpError('refused', 'has no valid address');
    }
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    const headers = new Headers({
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    });
    if (scopes.length > 0) {
      body.set('scope', scopes.join(' '));
    }
    if (audience !== undefined) {
      body.set('audience', audience);
    }
    if (inHeader) {
      const credentials = basicCredentials(
        formEncoded(clientId),
        formEncoded(clientSecret),
      );
      headers.set('authorization', `Basic ${credentials}`);
    } else {
      body.set('client_id', clientId);
      body.set('client_secret', clientSecret);
    }
    return this.#transport.send(
      {
        method: 'POST',
        url: new URL(tokenUrl),
        headers,
        body: body.toString(),
      },
      { signal, maxBytes: MAX_BYTES },
    );
  }

  #read(text: string): { token: string; lifetime: number } {
    let value;
    try {
      value = JSON.parse(text);
    } catch {
      value = undefined;
    }
    if (!isObject(value) || typeof value.access_token !== 'string') {
      throw new HttpError('refused', 'was answered without a token');
    }
    const type = value.token_type ?? 'bearer';
    if (!TOKEN.test(value.access_token) || !/^bearer$/i.test(String(type))) {
      throw new HttpError(
        'refused',
        'was answered with a token that is no bearer token',
      );
    }
    return {
      token: value.access_token,
      lifetime: lifetimeOf(value.expires_in),
    };
  }
}
