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

import type { JsonValue } from '@backstage/types';
import { at, type Compilation } from './Compilation';
import type {
  Arguments,
  CallAuth,
  FunctionCall,
  OpenApiOperation,
} from './Definition';
import type { FunctionDeclaration } from './FunctionDeclaration';
import { isObject } from './merge';
import type { StateContext } from './StateContext';

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
  context: StateContext,
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
  const { functions } = context;
  if (name === undefined || !functions.has(name)) {
    // Where the functions cannot be read, that is what is wrong.
    if (!compilation.unread.has('functions')) {
      compilation.fault(
        path,
        `there is no function ${JSON.stringify(name ?? '')}`,
      );
    }
    return undefined;
  }
  const declared = functions.get(name);
  if (declared === undefined) {
    // It was refused where it stands; its arguments may have faults of their own.
    if (reference.arguments !== undefined) {
      compilation.arguments(at(path, 'arguments'), reference.arguments, {
        secrets: true,
      });
    }
    return undefined;
  }
  return readCall(
    compilation,
    path,
    name,
    declared,
    reference.arguments,
    context,
  );
}

function readCall(
  compilation: Compilation,
  path: string,
  name: string,
  declared: FunctionDeclaration,
  given: JsonValue | undefined,
  context: StateContext,
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
    default: {
      addProviders(context, declared.auth);
      const args =
        given === undefined
          ? undefined
          : compilation.arguments(where, given, { secrets: true });
      if (declared.kind === 'openapi') {
        warnOfMissing(compilation, where, declared.operation, args);
      }
      return { ...declared, name, arguments: args };
    }
  }
}

function addProviders(
  { providers }: StateContext,
  auth: readonly CallAuth[],
): void {
  for (const one of auth) {
    if (one.scheme === 'provider') {
      providers.add(one.provider);
    }
  }
}

/** A call without what its operation requires fails when it is made. */
function warnOfMissing(
  compilation: Compilation,
  path: string,
  { parameters }: OpenApiOperation,
  args: Arguments | undefined,
): void {
  const template = args?.template;
  if (template !== undefined && template.kind !== 'object') {
    return;
  }
  const given = new Set(template?.entries.map(([name]) => name));
  const missing = parameters
    .filter(({ name, required }) => required && !given.has(name))
    .map(({ name }) => name);
  if (missing.length > 0) {
    const shown = missing.slice(0, 10).map(name => name.slice(0, 100));
    compilation.warn(
      path,
      `has no argument ${shown.join(', ')}${
        missing.length > shown.length ? ', …' : ''
      }, which the operation requires; the call will fail`,
    );
  }
}
