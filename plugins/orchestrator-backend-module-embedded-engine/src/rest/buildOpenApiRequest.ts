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
import type { OpenApiOperation } from '../language/Definition';
import { isObject, setKey } from '../language/merge';
import type { HttpRequest } from './HttpTransport';
import { encode, leavesPath, RequestError, setHeader } from './requestParts';
import { serializeForm, serializeSimple } from './serializeParameter';

type Parameter = OpenApiOperation['parameters'][number];

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';

/** Names come from documents of others. */
function shown(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}

/** The argument for a parameter; undefined where it is left out. */
function argumentFor(
  args: JsonObject,
  { name, required }: Pick<Parameter, 'name' | 'required'>,
): JsonValue | undefined {
  const value = Object.hasOwn(args, name) ? args[name] : undefined;
  if (value !== undefined && value !== null) {
    return value;
  }
  if (required) {
    throw new RequestError(
      `it has no argument ${shown(name)}, which its operation requires`,
    );
  }
  return undefined;
}

/** Fills the path. A slash in an argument stays one, as SonataFlow sends it; segments that lead elsewhere do not. */
function fillPath(operation: OpenApiOperation, args: JsonObject): string {
  return operation.url.replace(/\{([^{}]+)\}/g, (_all, name: string) => {
    const parameter = operation.parameters.find(
      other => other.in === 'path' && other.name === name,
    );
    const value = argumentFor(args, { name, required: true }) as JsonValue;
    const written = serializeSimple({ ...parameter, name }, value, part =>
      part.split('/').map(encode).join('/'),
    );
    if (written.split('/').some(leavesPath)) {
      throw new RequestError(
        `its argument ${shown(name)} cannot stand in an address`,
      );
    }
    return written;
  });
}

function bodyArguments(
  { body, parameters }: OpenApiOperation,
  args: JsonObject,
): JsonObject {
  const names = new Set(parameters.map(({ name }) => name));
  const known = body?.properties && new Set(body.properties);
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(args)) {
    if (!names.has(name) && (known?.has(name) ?? true)) {
      setKey(result, name, value as JsonValue);
    }
  }
  return result;
}

function formOf(value: JsonObject): string {
  return Object.entries(value)
    .flatMap(([name, item]) => serializeForm({ name }, item as JsonValue))
    .join('&');
}

function writeBody(
  headers: Headers,
  body: NonNullable<OpenApiOperation['body']>,
  value: JsonValue,
): string | undefined {
  if (isObject(value) && Object.keys(value).length === 0 && !body.required) {
    return undefined;
  }
  const isForm = body.mediaType.toLowerCase().startsWith(FORM);
  if (isForm && !isObject(value)) {
    throw new RequestError('its arguments must be an object');
  }
  const isAny = body.mediaType.includes('*');
  setHeader(
    headers,
    'content-type',
    isAny ? JSON_TYPE : body.mediaType,
    'the media type of its body',
  );
  return isForm ? formOf(value as JsonObject) : JSON.stringify(value);
}

/**
 * Makes the request of a function by OpenAPI: arguments that are parameters of its operation go where these belong, the others are the
 * body, as far as its schema names them.
 *
 * @throws RequestError
 */
export function buildOpenApiRequest(
  operation: OpenApiOperation,
  given: JsonValue | undefined,
): HttpRequest {
  const { body, method, parameters } = operation;
  const isWhole = given !== undefined && !isObject(given);
  if (isWhole && (parameters.length > 0 || body === undefined)) {
    throw new RequestError('its arguments must be an object');
  }
  const args = isWhole ? {} : ((given ?? {}) as JsonObject);
  // What SonataFlow sends with each call, whether it has a body or not.
  const headers = new Headers({ accept: JSON_TYPE, 'content-type': JSON_TYPE });
  const query: string[] = [];
  const cookies: string[] = [];
  const url = new URL(fillPath(operation, args));
  for (const parameter of parameters) {
    const value =
      parameter.in === 'path' ? undefined : argumentFor(args, parameter);
    if (value !== undefined) {
      if (parameter.in === 'header') {
        setHeader(
          headers,
          parameter.name,
          serializeSimple(parameter, value, part => part),
          `its argument ${shown(parameter.name)}`,
        );
      } else {
        const pairs = serializeForm(parameter, value);
        (parameter.in === 'query' ? query : cookies).push(...pairs);
      }
    }
  }
  if (query.length > 0) {
    url.search = [url.search.slice(1), ...query].filter(Boolean).join('&');
  }
  if (cookies.length > 0) {
    headers.set('cookie', cookies.join('; '));
  }
  return {
    method,
    url,
    headers,
    body:
      body &&
      writeBody(
        headers,
        body,
        isWhole ? given : bodyArguments(operation, args),
      ),
  };
}
