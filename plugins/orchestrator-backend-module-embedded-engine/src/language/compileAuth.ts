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
import { at, type Compilation, unwrap } from './Compilation';
import type { CallAuth, Template } from './Definition';
import { isKeepable } from './definitionHead';
import { isObject } from './merge';

/** Names of HTTP headers. */
const HEADER = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

/** A credential: an expression that reads a secret, or a text that stands in the definition as it is. */
function readCredential(
  compilation: Compilation,
  path: string,
  properties: JsonObject,
  key: string,
): Template | undefined {
  const where = at(path, key);
  const value = compilation.text(where, properties[key]);
  if (value === undefined) {
    if (properties[key] === undefined) {
      compilation.fault(path, `must have a ${key}`);
    }
    return undefined;
  }
  if (unwrap(value) === undefined && !value.startsWith('$')) {
    if (key !== 'username' && key !== 'clientId') {
      compilation.warn(
        where,
        'stands in the definition for all to read; use a secret: $SECRET.name',
      );
    }
    return { kind: 'literal', value };
  }
  const expression = compilation.expression(where, value, { secrets: true });
  return (
    expression && { kind: 'expression', expression: expression.text, text: '' }
  );
}

function readOAuth2(
  compilation: Compilation,
  path: string,
  name: string,
  properties: JsonObject,
): CallAuth | undefined {
  compilation.keys(path, properties, [
    'authority',
    'grantType',
    'clientId',
    'clientSecret',
    'scopes',
    'audiences',
    'metadata',
  ]);
  const grant = String(properties.grantType ?? 'clientCredentials');
  if (grant.replace(/_/g, '').toLowerCase() !== 'clientcredentials') {
    compilation.fault(
      at(path, 'grantType'),
      `grant type ${grant.slice(
        0,
        100,
      )} is not supported by the embedded engine`,
    );
    return undefined;
  }
  const texts = (key: string): string[] => {
    const value = properties[key] ?? [];
    if (
      !Array.isArray(value) ||
      !value.every((item): item is string => typeof item === 'string')
    ) {
      compilation.fault(at(path, key), 'must be a list of texts');
      return [];
    }
    return value;
  };
  const audiences = texts('audiences');
  if (audiences.length > 1) {
    compilation.fault(
      at(path, 'audiences'),
      'more than one audience is not supported by the embedded engine',
    );
  }
  const { authority } = properties;
  const url =
    typeof authority === 'string' && URL.canParse(authority)
      ? new URL(authority)
      : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username + url.password !== ''
  ) {
    compilation.fault(
      at(path, 'authority'),
      'must be the http or https address at which tokens are given out, without credentials in it',
    );
  }
  const clientId = readCredential(compilation, path, properties, 'clientId');
  const clientSecret = readCredential(
    compilation,
    path,
    properties,
    'clientSecret',
  );
  const scopes = texts('scopes');
  return url && clientId && clientSecret
    ? {
        scheme: 'oauth2',
        name,
        tokenUrl: url.href,
        clientId,
        clientSecret,
        scopes,
        audience: audiences[0],
      }
    : undefined;
}

/** A bearer token, or the one of a provider that whoever starts a run gives along. */
function readBearer(
  compilation: Compilation,
  path: string,
  name: string,
  properties: JsonObject,
): CallAuth | undefined {
  compilation.keys(path, properties, ['token', 'metadata']);
  const where = at(path, 'metadata');
  const metadata = isObject(properties.metadata) ? properties.metadata : {};
  const provider = compilation.text(at(where, 'provider'), metadata.provider);
  if (provider === undefined) {
    const token = readCredential(compilation, path, properties, 'token');
    return token && { scheme: 'bearer', name, token };
  }
  if (properties.token !== undefined) {
    compilation.fault(path, 'must have a token or a provider, not both');
  }
  const header =
    compilation.text(at(where, 'header'), metadata.header) ?? 'authorization';
  if (!isKeepable(provider)) {
    compilation.fault(
      at(where, 'provider'),
      'must be a text of 255 characters at most',
    );
  }
  if (!HEADER.test(header)) {
    compilation.fault(at(where, 'header'), 'must be the name of a header');
  }
  return { scheme: 'provider', name, provider, header: header.toLowerCase() };
}

function readAuth(
  compilation: Compilation,
  path: string,
  name: string,
  declared: JsonObject,
): CallAuth | undefined {
  const where = at(path, 'properties');
  const { properties, scheme = 'basic' } = declared;
  if (!isObject(properties)) {
    compilation.fault(where, 'must be an object');
    return undefined;
  }
  switch (scheme) {
    case 'basic': {
      compilation.keys(where, properties, ['username', 'password', 'metadata']);
      const username = readCredential(
        compilation,
        where,
        properties,
        'username',
      );
      const password = readCredential(
        compilation,
        where,
        properties,
        'password',
      );
      return username && password && { scheme, name, username, password };
    }
    case 'bearer':
      return readBearer(compilation, where, name, properties);
    case 'oauth2':
      return readOAuth2(compilation, where, name, properties);
    default:
      compilation.fault(
        at(path, 'scheme'),
        `scheme ${JSON.stringify(scheme).slice(
          0,
          100,
        )} is not supported by the embedded engine`,
      );
      return undefined;
  }
}

/** Reads the `auth` definitions, by name; undefined for one that was refused. */
export function readAuthDefinitions(
  compilation: Compilation,
  value: JsonValue | undefined,
): ReadonlyMap<string, CallAuth | undefined> {
  const definitions = new Map<string, CallAuth | undefined>();
  const list = isObject(value) ? [value] : value;
  compilation.list('/auth', list).forEach((declared, i) => {
    const path = at('', 'auth', i);
    compilation.keys(path, declared, ['name', 'scheme', 'properties']);
    const name = compilation.text(at(path, 'name'), declared.name);
    if (name === undefined) {
      compilation.fault(path, 'must have a name');
      return;
    }
    if (definitions.has(name)) {
      compilation.fault(path, `there is another auth named ${name}`);
    }
    definitions.set(name, readAuth(compilation, path, name, declared));
  });
  return definitions;
}
