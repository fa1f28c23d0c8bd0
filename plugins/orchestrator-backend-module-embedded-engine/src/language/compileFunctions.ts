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
import type { FunctionCall } from './Definition';
import { isObject } from './merge';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];

/** A function of a definition, before an action calls it. */
export type FunctionDeclaration =
  | { readonly kind: 'expression'; readonly operation: string; path: string }
  | { readonly kind: 'sysout'; readonly level: string }
  | { readonly kind: 'rest'; readonly method: string; readonly url: string };

/** What the engine knows of addresses when a definition is loaded. */
export interface Addresses {
  /** The address below which the paths of a function stand. */
  baseUrl(functionName: string): string | undefined;
  /** Whether calls may go to an address. */
  allows(url: URL): boolean;
}

function readSysout(
  compilation: Compilation,
  path: string,
  operation: string,
): FunctionDeclaration | undefined {
  const level = operation.slice('sysout'.length).replace(/^:/, '') || 'INFO';
  if (!LEVELS.includes(level.toUpperCase())) {
    compilation.fault(path, `"${level}" is not a log level`);
    return undefined;
  }
  return { kind: 'sysout', level: level.toUpperCase() };
}

function readRest(
  compilation: Compilation,
  path: string,
  name: string,
  operation: string,
  addresses: Addresses,
): FunctionDeclaration | undefined {
  const [, method = '', target = ''] =
    /^rest:([A-Za-z]+):(.+)$/s.exec(operation) ?? [];
  if (!METHODS.includes(method.toUpperCase()) || target === '') {
    compilation.fault(path, 'must be rest:<method>:<address>');
    return undefined;
  }
  let url = target;
  if (target.startsWith('/')) {
    const base = addresses.baseUrl(name);
    if (base === undefined) {
      compilation.fault(
        path,
        `has a path and no host; set orchestrator.engines.embedded.functions.${name}.baseUrl, or write the whole address`,
      );
      return undefined;
    }
    url = base.replace(/\/+$/, '') + target;
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    compilation.fault(path, 'must have an http or https address');
    return undefined;
  }
  if (parsed.username !== '' || parsed.password !== '') {
    compilation.fault(
      path,
      'must not have credentials in its address; send a secret in a header',
    );
    return undefined;
  }
  if (/^[^/]*\/\/[^/]*\{/.test(url)) {
    compilation.fault(path, 'must not take its host from an argument');
    return undefined;
  }
  if (!addresses.allows(parsed)) {
    compilation.warn(
      path,
      'calls an address that orchestrator.engines.embedded.egress does not list; the call will fail',
    );
  }
  return { kind: 'rest', method: method.toUpperCase(), url };
}

function readFunction(
  compilation: Compilation,
  path: string,
  declared: JsonObject,
  addresses: Addresses,
): readonly [string, FunctionDeclaration] | undefined {
  compilation.keys(path, declared, ['name', 'type', 'operation', 'metadata'], {
    authRef: 'authRef of a function',
  });
  const name = compilation.text(at(path, 'name'), declared.name);
  const operation = compilation.text(at(path, 'operation'), declared.operation);
  if (name === undefined || operation === undefined) {
    compilation.fault(path, 'must have a name and an operation');
    return undefined;
  }
  const type = typeof declared.type === 'string' ? declared.type : 'rest';
  const where = at(path, 'operation');
  if (type === 'expression') {
    const text = unwrap(operation) ?? operation.trim();
    compilation.expressionFunctions.set(name, text);
    return [name, { kind: 'expression', operation: text, path: where }];
  }
  if (type === 'custom' && /^sysout(:|$)/.test(operation)) {
    const made = readSysout(compilation, where, operation);
    return made && [name, made];
  }
  if (type === 'custom' && operation.startsWith('rest:')) {
    const made = readRest(compilation, where, name, operation, addresses);
    return made && [name, made];
  }
  const feature =
    type === 'custom'
      ? `custom function ${operation.split(':')[0]}`
      : `function type ${type}`;
  compilation.fault(
    path,
    `${feature} (function ${name}) is not supported by the embedded engine`,
  );
  return undefined;
}

/** Reads the functions of a definition, by name. */
export function readFunctions(
  compilation: Compilation,
  value: JsonValue | undefined,
  addresses: Addresses,
): ReadonlyMap<string, FunctionDeclaration | undefined> {
  const functions = new Map<string, FunctionDeclaration | undefined>();
  compilation.list('/functions', value).forEach((declared, i) => {
    const path = at('', 'functions', i);
    const read = readFunction(compilation, path, declared, addresses);
    // A function that is refused is known all the same: one fault is enough.
    const name = read?.[0] ?? declared.name;
    if (typeof name === 'string') {
      if (functions.has(name)) {
        compilation.fault(path, `there is another function named ${name}`);
      }
      functions.set(name, read?.[1]);
    }
  });
  return functions;
}

function hasMessage(value: JsonValue | undefined): boolean {
  return (
    typeof value === 'string' ||
    (isObject(value) && Object.hasOwn(value, 'message'))
  );
}

/** Reads the reference to a function in an action. */
export function readFunctionRef(
  compilation: Compilation,
  path: string,
  value: JsonValue,
  functions: ReadonlyMap<string, FunctionDeclaration | undefined>,
): FunctionCall | undefined {
  const reference = typeof value === 'string' ? { refName: value } : value;
  if (!isObject(reference)) {
    compilation.fault(path, 'must be the name of a function or an object');
    return undefined;
  }
  compilation.keys(
    path,
    reference,
    ['refName', 'arguments', 'invoke', 'metadata'],
    { selectionSet: 'selectionSet' },
  );
  if (reference.invoke !== undefined && reference.invoke !== 'sync') {
    compilation.fault(
      at(path, 'invoke'),
      'invoke: async is not supported by the embedded engine',
    );
  }
  const name = compilation.text(at(path, 'refName'), reference.refName);
  if (name === undefined || !functions.has(name)) {
    compilation.fault(
      path,
      `there is no function ${JSON.stringify(name ?? '')}`,
    );
    return undefined;
  }
  const declared = functions.get(name);
  if (declared === undefined) {
    return undefined;
  }
  return readCall(compilation, path, name, declared, reference.arguments);
}

function readCall(
  compilation: Compilation,
  path: string,
  name: string,
  declared: FunctionDeclaration,
  given: JsonValue | undefined,
): FunctionCall | undefined {
  const where = at(path, 'arguments');
  switch (declared.kind) {
    case 'expression': {
      // The function ignores its arguments; they are read only so that a secret among them is refused.
      if (given !== undefined) {
        compilation.arguments(where, given, {});
      }
      const expression = compilation.expression(
        declared.path,
        declared.operation,
      );
      return expression && { kind: 'expression', name, expression };
    }
    case 'sysout':
      if (!hasMessage(given)) {
        compilation.fault(
          where,
          `function ${name} must have an argument named message`,
        );
        return undefined;
      }
      return {
        kind: 'sysout',
        name,
        level: declared.level,
        arguments: compilation.arguments(where, given as JsonValue, {}),
      };
    default:
      return {
        kind: 'rest',
        name,
        method: declared.method,
        url: declared.url,
        auth: [],
        arguments:
          given === undefined
            ? undefined
            : compilation.arguments(where, given, { secrets: true }),
      };
  }
}
