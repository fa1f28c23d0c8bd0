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

import { HttpError } from './HttpError';
import type { HttpTransport } from './HttpTransport';

/** Reads a text from an address that egress allows. */
export type DocumentReader = (url: string, maxBytes: number) => Promise<string>;

/**
 * Makes a reader of documents.
 *
 * @param timeoutMs - until a whole document must be there
 * @returns a reader that throws Error with a message that may be shown, and holds no address
 */
export function createDocumentReader(
  transport: HttpTransport,
  timeoutMs: number,
): DocumentReader {
  return async (url, maxBytes) => {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new Error('it must be an http or https address');
    }
    const parsed = new URL(url);
    if (parsed.username !== '' || parsed.password !== '') {
      throw new Error('its address must not hold credentials');
    }
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const { status, text } = await transport.send(
        {
          method: 'GET',
          url: parsed,
          headers: new Headers({
            accept: 'application/json, application/yaml, text/yaml, */*;q=0.5',
          }),
        },
        { signal, maxBytes },
      );
      if (status < 200 || status > 299) {
        throw new HttpError('http', `it was answered with status ${status}`);
      }
      return text;
    } catch (error) {
      if (signal.aborted) {
        throw new Error(`it was not answered within ${timeoutMs} milliseconds`);
      }
      if (error instanceof HttpError) {
        throw new Error(error.message);
      }
      throw error;
    }
  };
}
