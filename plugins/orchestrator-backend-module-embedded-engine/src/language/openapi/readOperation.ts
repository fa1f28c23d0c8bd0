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
import type { OpenApiOperation } from '../Definition';
import { isObject } from '../merge';
import {
  type FoundOperation,
  type OpenApiDocument,
  OpenApiError,
} from './OpenApiDocument';
import { readProperties } from './readProperties';

type Parameter = OpenApiOperation['parameters'][number];

/** More than any operation has. */
const MAX_PARAMETERS = 500;
/** They are the client's own, whatever the document says. */
const IGNORED_HEADERS = ['accept', 'authorization', 'content-type'];
const FORM = 'application/x-www-form-urlencoded';

/** How version 2 calls the ways to write a list. */
const COLLECTION_FORMATS: Readonly<
  Record<string, Pick<Parameter, 'style' | 'explode'>>
> = {
  csv: { explode: false },
  multi: { style: 'form', explode: true },
  ssv: { style: 'spaceDelimited', explode: false },
  pipes: { style: 'pipeDelimited', explode: false },
};

function readStyle(
  document: OpenApiDocument,
  declared: JsonObject,
): Pick<Parameter, 'style' | 'explode'> {
  if (document.version === 2) {
    const format = String(declared.collectionFormat ?? 'csv');
    return declared.type === 'array' ? COLLECTION_FORMATS[format] ?? {} : {};
  }
  return {
    style: typeof declared.style === 'string' ? declared.style : undefined,
    explode:
      typeof declared.explode === 'boolean' ? declared.explode : undefined,
  };
}

/** Those of the operation stand before those of its path. */
function declaredParameters(
  document: OpenApiDocument,
  { item, operation }: FoundOperation,
): JsonObject[] {
  const seen = new Set<string>();
  return [
    ...document.list(operation.parameters),
    ...document.list(item.parameters),
  ].filter(declared => {
    const key = JSON.stringify([declared.in, declared.name]);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

function readParameters(
  document: OpenApiDocument,
  found: FoundOperation,
  declared: readonly JsonObject[],
): Parameter[] {
  const parameters: Parameter[] = [];
  for (const parameter of declared) {
    const { in: place, name } = parameter;
    const stands =
      place === 'path' ||
      place === 'query' ||
      place === 'header' ||
      place === 'cookie';
    const ignored =
      place === 'header' &&
      IGNORED_HEADERS.includes(String(name).toLowerCase());
    if (typeof name === 'string' && stands && !ignored) {
      parameters.push({
        name,
        in: place,
        required: place === 'path' || parameter.required === true,
        ...readStyle(document, parameter),
      });
    }
  }
  // What the path names is needed, also where nobody declares it.
  for (const [, name] of found.path.matchAll(/\{([^{}/]+)\}/g)) {
    if (parameters.length > MAX_PARAMETERS) {
      throw new OpenApiError(
        `has an operation of more than ${MAX_PARAMETERS} parameters`,
      );
    }
    if (!parameters.some(known => known.in === 'path' && known.name === name)) {
      parameters.push({ name, in: 'path', required: true });
    }
  }
  return parameters;
}

/** The type of the body to send: JSON where it may be. */
function mediaTypeOf(types: readonly string[]): string {
  const plain = (type: string) => type.split(';')[0].trim().toLowerCase();
  const chosen =
    types.find(type => plain(type) === 'application/json') ??
    types.find(type => /^[\w.+-]+\/[\w.+-]+\+json$/.test(plain(type))) ??
    types.find(type => plain(type) === FORM);
  if (chosen !== undefined) {
    return chosen;
  }
  if (types.some(type => ['*/*', 'application/*'].includes(plain(type)))) {
    return 'application/json';
  }
  throw new OpenApiError(
    `wants a body of the type ${types
      .slice(0, 5)
      .map(type => type.slice(0, 100))
      .join(', ')}, which is not supported by the embedded engine`,
  );
}

function readBody(
  document: OpenApiDocument,
  { operation }: FoundOperation,
): OpenApiOperation['body'] {
  const body = document.resolve(operation.requestBody);
  const content = body && document.resolve(body.content);
  if (content === undefined || Object.keys(content).length === 0) {
    return undefined;
  }
  const mediaType = mediaTypeOf(Object.keys(content));
  const described =
    content[mediaType] ?? content['*/*'] ?? content['application/*'];
  return {
    mediaType,
    required: body?.required === true,
    properties: isObject(described)
      ? readProperties(document, described.schema)
      : undefined,
  };
}

function stringsOf(value: JsonValue | undefined): string[] {
  return Array.isArray(value)
    ? value.filter((item): item is string => typeof item === 'string')
    : [];
}

/** Version 2 has the body among the parameters. */
function readSwaggerBody(
  document: OpenApiDocument,
  { operation }: FoundOperation,
  declared: readonly JsonObject[],
): OpenApiOperation['body'] {
  const body = declared.find(parameter => parameter.in === 'body');
  const fields = declared.filter(parameter => parameter.in === 'formData');
  const consumes = Array.isArray(operation.consumes)
    ? operation.consumes
    : document.root.consumes;
  const types = stringsOf(consumes);
  if (body !== undefined) {
    return {
      mediaType: mediaTypeOf(types.length === 0 ? ['application/json'] : types),
      required: body.required === true,
      properties: readProperties(document, body.schema),
    };
  }
  if (fields.length === 0) {
    return undefined;
  }
  if (fields.some(({ type }) => type === 'file')) {
    throw new OpenApiError(
      'wants a file in its body, which is not supported by the embedded engine',
    );
  }
  return {
    mediaType: FORM,
    required: fields.some(({ required }) => required === true),
    properties: fields.map(({ name }) => String(name)),
  };
}

/**
 * Reads an operation as far as a call needs it.
 *
 * @param base - the address below which the paths of the document stand
 * @throws OpenApiError
 */
export function readOperation(
  document: OpenApiDocument,
  operationId: string,
  found: FoundOperation,
  base: string,
): OpenApiOperation {
  const declared = declaredParameters(document, found);
  if (declared.length > MAX_PARAMETERS) {
    throw new OpenApiError(
      `has an operation of more than ${MAX_PARAMETERS} parameters`,
    );
  }
  return {
    operationId,
    method: found.method,
    url: `${base.replace(/\/+$/, '')}/${found.path.replace(/^\/+/, '')}`,
    parameters: readParameters(document, found, declared),
    body:
      document.version === 2
        ? readSwaggerBody(document, found, declared)
        : readBody(document, found),
  };
}
