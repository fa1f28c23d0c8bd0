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
import { isObject } from '../merge';
import type { FoundOperation, OpenApiDocument } from './OpenApiDocument';

/** The first address of a list of servers, with the defaults of its variables. */
function firstServer(value: JsonValue | undefined): string | undefined {
  const [server] = Array.isArray(value) ? value : [];
  if (!isObject(server) || typeof server.url !== 'string') {
    return undefined;
  }
  const variables: JsonObject = isObject(server.variables)
    ? server.variables
    : {};
  return server.url.replace(/\{([^{}]+)\}/g, (whole, name: string) => {
    const variable = Object.hasOwn(variables, name)
      ? variables[name]
      : undefined;
    return isObject(variable) && variable.default !== undefined
      ? String(variable.default)
      : whole;
  });
}

function swaggerServer({ root, url }: OpenApiDocument): string | undefined {
  const basePath = typeof root.basePath === 'string' ? root.basePath : '/';
  if (typeof root.host !== 'string') {
    return basePath;
  }
  const own = url === undefined ? 'https' : new URL(url).protocol.slice(0, -1);
  const schemes = Array.isArray(root.schemes) ? root.schemes : [own];
  const scheme = schemes.includes('https') ? 'https' : String(schemes[0]);
  return `${scheme}://${root.host}/${basePath.replace(/^\/+/, '')}`;
}

/**
 * The address below which the paths of a document stand, as the document says it.
 *
 * @returns undefined where it says none, or one that is relative to a place nobody knows
 */
export function readServer(
  document: OpenApiDocument,
  { item, operation }: FoundOperation,
): string | undefined {
  const written =
    document.version === 2
      ? swaggerServer(document)
      : firstServer(operation.servers) ??
        firstServer(item.servers) ??
        firstServer(document.root.servers) ??
        '/';
  if (written === undefined || !URL.canParse(written, document.url)) {
    return undefined;
  }
  // A host with a variable that has no default is refused as it stands.
  return /^https?:/i.test(written)
    ? written
    : new URL(written, document.url).href;
}
