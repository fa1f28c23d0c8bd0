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
import { isObject } from '../language/merge';
import { encode } from './requestParts';

/** How a parameter of OpenAPI is written. */
export interface ParameterStyle {
  readonly name: string;
  readonly style?: string;
  readonly explode?: boolean;
}

function text(value: JsonValue): string {
  if (typeof value === 'object' && value !== null) {
    return JSON.stringify(value);
  }
  return value === null ? '' : String(value);
}

/** The parts of an object as texts, written with their keys or after them. */
function pairsOf(
  value: { readonly [key: string]: JsonValue | undefined },
  write: (part: string) => string,
  between: string,
): string[] {
  return Object.entries(value).map(
    ([key, item]) => write(key) + between + write(text(item as JsonValue)),
  );
}

/**
 * Writes a parameter of a path or header, in the styles `simple`, `label` and `matrix`.
 *
 * @param write - encodes a part
 */
export function serializeSimple(
  { explode = false, name, style = 'simple' }: ParameterStyle,
  value: JsonValue,
  write: (part: string) => string,
): string {
  const isMatrix = style === 'matrix';
  const key = isMatrix ? `${write(name)}=` : '';
  const parts = () => {
    if (Array.isArray(value)) {
      return value.map(item => (explode ? key : '') + write(text(item)));
    }
    return isObject(value)
      ? pairsOf(value, write, explode ? '=' : ',')
      : [key + write(text(value))];
  };
  const isMany = typeof value === 'object' && value !== null;
  const first = { label: '.', matrix: ';' }[style] ?? '';
  const between = explode && first !== '' ? first : ',';
  return first + (isMany && !explode ? key : '') + parts().join(between);
}

/** Writes a parameter of a query or cookie, in the styles `form`, `spaceDelimited`, `pipeDelimited` and `deepObject`: its pairs. */
export function serializeForm(
  { explode, name, style = 'form' }: ParameterStyle,
  value: JsonValue,
): string[] {
  const key = encode(name);
  const isExploded = explode ?? style === 'form';
  if (isObject(value)) {
    if (style === 'deepObject') {
      return Object.entries(value).map(
        ([part, item]) =>
          `${encode(`${name}[${part}]`)}=${encode(text(item as JsonValue))}`,
      );
    }
    return isExploded
      ? pairsOf(value, encode, '=')
      : [`${key}=${pairsOf(value, encode, ',').join(',')}`];
  }
  if (Array.isArray(value)) {
    const parts = value.map(item => encode(text(item)));
    const between = { spaceDelimited: '%20', pipeDelimited: '%7C' }[style];
    return isExploded
      ? parts.map(part => `${key}=${part}`)
      : [`${key}=${parts.join(between ?? ',')}`];
  }
  return [`${key}=${encode(text(value))}`];
}
