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
import { validateHeaderValue } from 'node:http';

/** A request cannot be made of these arguments; the message may be shown. */
export class RequestError extends Error {}

/** They belong to the connection. */
const FORBIDDEN_HEADERS = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Encodes a text for an address; half of a surrogate pair has no encoding. */
export function encode(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}

/** A value as a text outside of a body. */
export function plain(name: string, value: JsonValue): string {
  if (typeof value === 'object' && value !== null) {
    return JSON.stringify(value);
  }
  if (value === null) {
    throw new RequestError(`its argument ${name} is null`);
  }
  return String(value);
}

/** Whether a text in a path would name another place than the author did. */
export function leavesPath(segment: string): boolean {
  return segment === '' || segment === '.' || segment === '..';
}

/**
 * Sets a header.
 *
 * @param shown - what a failure calls it
 * @throws RequestError without the value, which may be a secret
 */
export function setHeader(
  headers: Headers,
  name: string,
  text: string,
  shown: string,
): void {
  const forbidden = FORBIDDEN_HEADERS.find(
    header => header === name.toLowerCase(),
  );
  if (forbidden !== undefined) {
    throw new RequestError(`it must not set the header ${forbidden}`);
  }
  try {
    headers.set(name, text);
    // It takes control characters, and connections do not.
    validateHeaderValue(name, text.trim());
  } catch {
    throw new RequestError(`${shown} is not a valid header`);
  }
}
