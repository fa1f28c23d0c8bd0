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

import type { Config } from '@backstage/config';
import type { JsonObject, JsonValue } from '@backstage/types';
import { isObject } from '../language/merge';
import { KEY } from './key';

/**
 * An object of the configuration whose keys may be any names; Config itself reads keys of letters and digits only.
 *
 * @throws Error where it is something else
 */
export function objectAt(config: Config | undefined, name: string): JsonObject {
  const value = config?.getOptional(name);
  if (value === undefined) {
    return {};
  }
  if (!isObject(value as JsonValue)) {
    throw new Error(`${KEY}.${name} must be an object`);
  }
  return value as JsonObject;
}

/**
 * An object with known keys; those that are not known are added to `unknown`, for a warning.
 *
 * @throws Error where it is something else
 */
export function withKeys(
  key: string,
  value: JsonValue | undefined,
  known: readonly string[],
  unknown: string[],
): JsonObject {
  if (!isObject(value)) {
    throw new Error(`${key} must be an object with ${known.join(', ')}`);
  }
  unknown.push(
    ...Object.keys(value)
      .filter(name => !known.includes(name))
      .map(name => `${key}.${name}`),
  );
  return value;
}

/**
 * An http or https address without credentials.
 *
 * @throws Error without the address, which may hold some
 */
export function httpAddress(key: string, value: unknown): string {
  const url =
    typeof value === 'string' && URL.canParse(value)
      ? new URL(value)
      : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new Error(`${key} must be an http or https address`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Error(`${key} must not hold credentials`);
  }
  return value as string;
}
