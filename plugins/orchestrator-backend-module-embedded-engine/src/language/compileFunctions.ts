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
import { type Addresses, checkAddress, UNKNOWN_ADDRESS } from './addresses';
import { at, type Compilation, unwrap } from './Compilation';
import { readOpenApiFunction } from './compileOpenApi';
import type { CallAuth } from './Definition';
import type {
  FunctionContext,
  FunctionDeclaration,
} from './FunctionDeclaration';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];

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
  auth: readonly CallAuth[],
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
    if (
      base === undefined &&
      !compilation.missing(
        path,
        `has a path and no host; set orchestrator.engines.embedded.functions.${name}.baseUrl, or write the whole address`,
      )
    ) {
      return undefined;
    }
    url = (base ?? UNKNOWN_ADDRESS).replace(/\/+$/, '') + target;
  }
  return checkAddress(compilation, path, url, addresses)
    ? { kind: 'rest', method: method.toUpperCase(), url, auth }
    : undefined;
}

/** Reads `authRef`: how calls of a function prove who they are. */
function readAuthRef(
  compilation: Compilation,
  path: string,
  value: JsonValue | undefined,
  { auth }: FunctionContext,
): readonly CallAuth[] {
  const name = compilation.text(path, value ?? undefined);
  if (
    name !== undefined &&
    !auth.has(name) &&
    !compilation.unread.has('auth')
  ) {
    compilation.fault(
      path,
      `there is no auth ${JSON.stringify(name).slice(0, 200)}`,
    );
  }
  const found = name === undefined ? undefined : auth.get(name);
  return found === undefined ? [] : [found];
}

async function readFunction(
  compilation: Compilation,
  path: string,
  declared: JsonObject,
  context: FunctionContext,
): Promise<readonly [string, FunctionDeclaration] | undefined> {
  compilation.keys(path, declared, [
    'name',
    'type',
    'operation',
    'authRef',
    'metadata',
  ]);
  const name = compilation.text(at(path, 'name'), declared.name);
  const operation = compilation.text(at(path, 'operation'), declared.operation);
  if (name === undefined || operation === undefined) {
    compilation.fault(path, 'must have a name and an operation');
    return undefined;
  }
  const type = typeof declared.type === 'string' ? declared.type : 'rest';
  const where = at(path, 'operation');
  const auth = readAuthRef(
    compilation,
    at(path, 'authRef'),
    declared.authRef,
    context,
  );
  if (type === 'rest' || (type === 'custom' && operation.startsWith('rest:'))) {
    const made =
      type === 'rest'
        ? await readOpenApiFunction(
            compilation,
            where,
            name,
            operation,
            context,
            auth,
          )
        : readRest(
            compilation,
            where,
            name,
            operation,
            context.addresses,
            auth,
          );
    return made && [name, made];
  }
  if (declared.authRef !== undefined) {
    compilation.fault(
      at(path, 'authRef'),
      `authRef of a function of the type ${type} is not supported by the embedded engine`,
    );
  }
  if (type === 'expression') {
    const text = unwrap(operation) ?? operation.trim();
    compilation.expressionFunctions.set(name, text);
    return [name, { kind: 'expression', operation: text, path: where }];
  }
  if (type === 'custom' && /^sysout(:|$)/.test(operation)) {
    const made = readSysout(compilation, where, operation);
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
export async function readFunctions(
  compilation: Compilation,
  value: JsonValue | undefined,
  context: FunctionContext,
): Promise<ReadonlyMap<string, FunctionDeclaration | undefined>> {
  const functions = new Map<string, FunctionDeclaration | undefined>();
  for (const [i, declared] of compilation.list('/functions', value).entries()) {
    const path = at('', 'functions', i);
    const read = await readFunction(compilation, path, declared, context);
    // A function that is refused is known all the same: one fault is enough.
    const name = read?.[0] ?? declared.name;
    if (typeof name === 'string') {
      if (functions.has(name)) {
        compilation.fault(path, `there is another function named ${name}`);
      }
      functions.set(name, read?.[1]);
    }
  }
  return functions;
}
