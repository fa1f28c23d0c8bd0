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

import contentType from 'content-type';
import express, {
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { OrchestratorError, invalidRequest } from '../errors/OrchestratorError';
import type { Operation } from '../gate/operations';

/** How deep the lists and objects of a body may be nested. */
const MAX_DEPTH = 100;

/** A body as it was read: text of a media type, or nothing. */
export interface RequestBody {
  readonly mediaType: string;
  readonly text: string;
}

function unsupported(message: string): OrchestratorError {
  return new OrchestratorError('request.unsupported_media_type', message);
}

function mediaTypeOf(req: Request, operation: Operation): string {
  const expected = [...operation.body!.schemas.keys()].join(', ');
  let parsed;
  try {
    parsed = contentType.parse(req);
  } catch {
    throw unsupported(`The body needs a content type: ${expected}`);
  }
  const charset = parsed.parameters.charset?.toLowerCase();
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
    throw unsupported('The body must be UTF-8');
  }
  if (!operation.body!.schemas.has(parsed.type)) {
    throw unsupported(
      `The content type of the body must be one of: ${expected}`,
    );
  }
  return parsed.type;
}

/** What express says of a body that it could not read. */
function toError(error: unknown): unknown {
  const { type, status } = error as { type?: string; status?: number };
  if (type === 'entity.too.large') {
    return new OrchestratorError('request.too_large', 'The body is too large');
  }
  if (type === 'encoding.unsupported') {
    return unsupported('The content encoding is not supported');
  }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return invalidRequest([{ path: 'body', message: 'cannot be read' }]);
  }
  // What zlib says of broken data carries no status.
  if ((error as { code?: string }).code?.startsWith('Z_')) {
    return invalidRequest([{ path: 'body', message: 'cannot be read' }]);
  }
  return error;
}

const hasBody = (req: Request) =>
  req.headers['transfer-encoding'] !== undefined ||
  Number(req.headers['content-length'] ?? 0) > 0;

/** Reads bodies, once the caller has passed the gate. */
export class BodyReader {
  readonly #parsers = new Map<number, RequestHandler>();
  readonly #limitFor: (operation: Operation) => number;

  /**
   * @param limitFor - the most bytes that the body of an operation may have, after decompression
   */
  constructor(limitFor: (operation: Operation) => number) {
    this.#limitFor = limitFor;
  }

  /**
   * Reads the body of a request.
   *
   * @returns undefined where the operation takes none or, if it may be absent, none came
   * @throws OrchestratorError 400, 413 or 415
   */
  async read(
    req: Request,
    res: Response,
    operation: Operation,
  ): Promise<RequestBody | undefined> {
    if (!operation.body) {
      return undefined;
    }
    if (!hasBody(req)) {
      if (operation.body.isRequired) {
        throw invalidRequest([{ path: 'body', message: 'is missing' }]);
      }
      return undefined;
    }
    const mediaType = mediaTypeOf(req, operation);
    const limit = this.#limitFor(operation);
    let parser = this.#parsers.get(limit);
    if (!parser) {
      parser = express.raw({ type: () => true, limit });
      this.#parsers.set(limit, parser);
    }
    await new Promise<void>((resolve, reject) => {
      parser(req, res, error => (error ? reject(toError(error)) : resolve()));
    });
    const bytes: Buffer = Buffer.isBuffer(req.body)
      ? req.body
      : Buffer.alloc(0);
    if (bytes.length === 0) {
      if (operation.body.isRequired) {
        throw invalidRequest([{ path: 'body', message: 'is missing' }]);
      }
      return undefined;
    }
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      return { mediaType, text };
    } catch {
      throw invalidRequest([{ path: 'body', message: 'is not valid UTF-8' }]);
    }
  }
}

/**
 * Reads JSON text, refusing what is nested so deep that no code after this could walk it.
 *
 * @throws OrchestratorError `request.invalid`
 */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidRequest([{ path: 'body', message: 'is not valid JSON' }]);
  }
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) {
      throw invalidRequest([
        { path: 'body', message: `is nested deeper than ${MAX_DEPTH} levels` },
      ]);
    }
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item === 'object' && item !== null) {
        for (const child of Object.values(item)) {
          if (typeof child === 'object' && child !== null) next.push(child);
        }
      }
    }
    level = next;
  }
  return value;
}

/**
 * Reads a form; a parameter without a value counts as absent (RFC 6749, section 3.1).
 *
 * @throws OrchestratorError `request.invalid` where a parameter is given more than once
 */
export function parseForm(text: string): Readonly<Record<string, string>> {
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (form.has(name)) {
      throw invalidRequest([
        { path: `body/${name.slice(0, 100)}`, message: 'must be given once' },
      ]);
    }
    form.set(name, value);
  }
  return Object.fromEntries([...form].filter(([, value]) => value !== ''));
}
