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
import { pipeline, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { HttpError } from './HttpError';

/** Nobody asks servers for these, and some send them. */
const DECODERS: ReadonlyMap<string, () => Transform> = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

function isDecodingError(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return (
    typeof code === 'string' && /^(?:Z_|ERR__ERROR_|ERR_BROTLI)/.test(code)
  );
}

/**
 * Reads the text of an answer.
 *
 * @param maxBytes - that it may have, decoded
 * @throws HttpError of kind `answer`, or the error of the connection
 */
export async function readBody(
  response: IncomingMessage,
  method: string,
  maxBytes: number,
): Promise<string> {
  const encoding = (response.headers['content-encoding'] ?? 'identity')
    .trim()
    .toLowerCase();
  const decoder = DECODERS.get(encoding);
  const hasBody = method !== 'HEAD' && response.statusCode !== 204;
  if (decoder === undefined && encoding !== 'identity' && hasBody) {
    response.destroy();
    throw new HttpError('answer', 'its answer is encoded in an unknown way');
  }
  const body =
    decoder === undefined || !hasBody
      ? response
      : pipeline(response, decoder(), () => {});
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > maxBytes) {
        throw new HttpError(
          'answer',
          `its answer is larger than ${maxBytes} bytes`,
        );
      }
      chunks.push(chunk);
    }
  } catch (error) {
    response.destroy();
    throw isDecodingError(error)
      ? new HttpError('answer', 'its answer cannot be decoded')
      : error;
  }
  return Buffer.concat(chunks)
    .toString()
    .replace(/^\uFEFF/, '');
}
