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
import type { ErrorHandler } from './Definition';
import { neverMatches } from './errorCodes';
import type { StateContext } from './StateContext';

/** Reads the error definitions: their codes by name. */
export function readErrors(
  compilation: Compilation,
  value: JsonValue | undefined,
): ReadonlyMap<string, string> {
  const errors = new Map<string, string>();
  compilation.list('/errors', value).forEach((declared, i) => {
    const path = at('', 'errors', i);
    compilation.keys(path, declared, ['name', 'code', 'description']);
    const name = compilation.text(at(path, 'name'), declared.name);
    const code =
      typeof declared.code === 'number' ? String(declared.code) : declared.code;
    if (name === undefined) {
      compilation.fault(path, 'must have a name');
    } else if (typeof code !== 'string' || code === '') {
      compilation.fault(path, `error ${name} must have a code`);
    } else {
      const why = neverMatches(code);
      if (why !== undefined) {
        compilation.warn(path, why);
      }
      errors.set(name, code);
    }
  });
  return errors;
}

/** The codes of the errors that a list names. */
export function errorCodes(
  compilation: Compilation,
  path: string,
  names: JsonValue | undefined,
  errors: ReadonlyMap<string, string>,
): string[] | undefined {
  if (names === undefined || names === null) {
    return undefined;
  }
  if (!Array.isArray(names)) {
    compilation.fault(path, 'must be a list of error names');
    return undefined;
  }
  return names.flatMap((name, i) => {
    const code = typeof name === 'string' ? errors.get(name) : undefined;
    if (code === undefined) {
      compilation.fault(
        at(path, i),
        `there is no error ${JSON.stringify(name)}`,
      );
      return [];
    }
    return [code];
  });
}

/** Reads the `onErrors` of a state. */
export function readHandlers(
  compilation: Compilation,
  path: string,
  value: JsonValue | undefined,
  { errors, next: nexts }: Pick<StateContext, 'errors' | 'next'>,
): ErrorHandler[] {
  return compilation.list(path, value).flatMap((declared, i) => {
    const where = at(path, i);
    compilation.keys(where, declared, [
      'errorRef',
      'errorRefs',
      'transition',
      'end',
    ]);
    const names =
      declared.errorRefs ??
      (declared.errorRef === undefined ? [] : [declared.errorRef]);
    const codes = errorCodes(compilation, where, names, errors) ?? [];
    if (Array.isArray(names) && names.length === 0) {
      compilation.fault(where, 'must name an error');
    }
    const next = nexts.read(where, declared);
    return next === undefined ? [] : [{ codes, next }];
  });
}
