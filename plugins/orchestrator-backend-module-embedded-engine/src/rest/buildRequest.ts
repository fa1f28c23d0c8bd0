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

import type { JsonObject, JsonValue } from '@backstage/types';
import { isObject, setKey } from '../language/merge';
import type { HttpRequest } from './HttpTransport';
import {
  encode,
  leavesPath,
  plain,
  RequestError,
  setHeader,
} from './requestParts';

const WITH_BODY = ['POST', 'PUT', 'PATCH', 'DELETE'];

function fillPath(template: string, args: JsonObject): string {
  return template.replace(/\{([^{}/]+)\}/g, (_all, name: string) => {
    if (!Object.hasOwn(args, name)) {
      throw new RequestError(`it has no argument ${name} for its address`);
    }
    const value = plain(name, args[name] as JsonValue);
    delete args[name];
    if (leavesPath(value)) {
      throw new RequestError(`its argument ${name} cannot stand in an address`);
    }
    return encode(value);
  });
}

/** What a request is made of. */
export interface RequestParts {
  readonly method: string;
  /** The address as the author wrote it. */
  readonly url: string;
  readonly arguments?: JsonValue;
  /** The names of arguments that the author wrote; others were made by expressions, of whatever they read. */
  readonly argumentNames: ReadonlySet<string>;
}

/**
 * Makes the request of a `rest:` function: arguments that its address names go there, `HEADER_x` and `QUERY_x` to headers and query,
 * and what is left is the body, where the method has one.
 *
 * @throws RequestError
 */
export function buildRequest({
  method,
  url: template,
  arguments: args,
  argumentNames,
}: RequestParts): HttpRequest {
  const headers = new Headers();
  if (args !== undefined && !isObject(args)) {
    return finish(method, new URL(fillPath(template, {})), headers, args);
  }
  const rest: JsonObject = {};
  for (const [key, value] of Object.entries(args ?? {})) {
    setKey(rest, key, value as JsonValue);
  }
  const url = new URL(fillPath(template, rest));
  for (const [key, value] of Object.entries(rest)) {
    const shown = argumentNames.has(key)
      ? key.slice(0, 100)
      : 'with a name that an expression made';
    if (key.startsWith('HEADER_')) {
      setHeader(
        headers,
        key.slice('HEADER_'.length),
        plain(shown, value as JsonValue),
        `its argument ${shown}`,
      );
    } else if (key.startsWith('QUERY_')) {
      const text = plain(shown, value as JsonValue);
      url.searchParams.append(key.slice('QUERY_'.length), text);
    } else {
      continue;
    }
    delete rest[key];
  }
  return finish(method, url, headers, args === undefined ? undefined : rest);
}

function finish(
  method: string,
  url: URL,
  headers: Headers,
  body: JsonValue | undefined,
): HttpRequest {
  const empty =
    body === undefined ||
    !WITH_BODY.includes(method) ||
    (method === 'DELETE' && isObject(body) && Object.keys(body).length === 0);
  if (empty) {
    return { method, url, headers };
  }
  if (!headers.has('content-type')) {
    headers.set('content-type', 'application/json');
  }
  return { method, url, headers, body: JSON.stringify(body) };
}
