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
import type { Template } from './Definition';
import { isObject } from './merge';
import { at } from './texts';

/**
 * Turns a value into a template.
 *
 * @param leaf - makes one of a text, which may be an expression
 */
export function readTemplate(
  path: string,
  value: JsonValue,
  leaf: (path: string, text: string) => Template,
): Template {
  if (Array.isArray(value)) {
    return {
      kind: 'array',
      items: value.map((item, i) => readTemplate(at(path, i), item, leaf)),
    };
  }
  if (isObject(value)) {
    return {
      kind: 'object',
      entries: Object.entries(value).map(
        ([key, item]) =>
          [key, readTemplate(at(path, key), item as JsonValue, leaf)] as const,
      ),
    };
  }
  return typeof value === 'string'
    ? leaf(path, value)
    : { kind: 'literal', value };
}
