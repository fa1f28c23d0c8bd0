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

import type { IncomingMessage } from 'node:http';

/**
 * What a request presents, read by pure parsing. An `Authorization` header that is there but unusable is malformed, never
 * none: nobody who tried to say who they are becomes anonymous.
 */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer'; readonly token: string }
  | {
      readonly kind: 'malformed';
      readonly reason: 'scheme' | 'syntax' | 'repeated';
    };

const NONE: Credential = { kind: 'none' };

/** One or more visible ASCII characters: RFC 6750's b64token, and what Backstage allows as a static token. */
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * Reads the credential of a request from its headers; a token in the query, the body or a cookie is never read.
 *
 * The scheme is case-insensitive (RFC 9110, section 11.1). Node keeps only the first of several `Authorization` headers,
 * so they are counted in the raw headers.
 */
export function readCredential(
  req: Pick<IncomingMessage, 'headers' | 'rawHeaders'>,
): Credential {
  const { authorization } = req.headers;
  if (authorization === undefined) {
    return NONE;
  }
  let count = 0;
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const name = req.rawHeaders[i];
    if (name.length === 13 && name.toLowerCase() === 'authorization') {
      count += 1;
    }
  }
  if (count > 1) {
    return { kind: 'malformed', reason: 'repeated' };
  }
  const space = authorization.indexOf(' ');
  const scheme = space < 0 ? authorization : authorization.slice(0, space);
  if (scheme.toLowerCase() !== 'bearer') {
    return { kind: 'malformed', reason: 'scheme' };
  }
  const token = space < 0 ? '' : authorization.slice(space).trim();
  return TOKEN.test(token)
    ? { kind: 'bearer', token }
    : { kind: 'malformed', reason: 'syntax' };
}
