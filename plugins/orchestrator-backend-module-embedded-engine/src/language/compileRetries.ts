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
import { at, type Compilation } from './Compilation';
import type { RetryPolicy } from './Definition';
import { parseDuration } from './durations';

/** How a call is retried where the definition asks for it and says no more. */
const DEFAULT_RETRY: RetryPolicy = {
  delay: 1_000,
  multiplier: 2,
  maxDelay: 30_000,
  maxAttempts: 3,
  never: [],
};

/** A duration in milliseconds; a fault where it is none. */
export function readDuration(
  compilation: Compilation,
  path: string,
  value: JsonValue | undefined,
): number | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  const duration = typeof value === 'string' ? parseDuration(value) : undefined;
  if (duration === undefined) {
    compilation.fault(
      path,
      `${JSON.stringify(value).slice(
        0,
        100,
      )} is not a duration in weeks, days, hours, minutes and seconds (ISO 8601), or is longer than ten years`,
    );
  }
  return duration;
}

function readJitter(
  compilation: Compilation,
  path: string,
  value: JsonValue | undefined,
): Pick<RetryPolicy, 'jitterRatio' | 'jitterTime'> {
  if (typeof value === 'string' && value.startsWith('P')) {
    return { jitterTime: readDuration(compilation, path, value) };
  }
  return {
    jitterRatio: compilation.number(
      path,
      value,
      n => n >= 0 && n <= 1,
      'a number from 0 to 1, or a duration',
    ),
  };
}

/** Reads the retry strategies of a definition, by name. */
export function readRetries(
  compilation: Compilation,
  value: JsonValue | undefined,
): ReadonlyMap<string, RetryPolicy> {
  const retries = new Map<string, RetryPolicy>();
  compilation.list('/retries', value).forEach((declared, i) => {
    const path = at('', 'retries', i);
    compilation.keys(path, declared, [
      'name',
      'delay',
      'maxDelay',
      'increment',
      'multiplier',
      'maxAttempts',
      'jitter',
    ]);
    const name = compilation.text(at(path, 'name'), declared.name);
    if (name === undefined) {
      compilation.fault(path, 'must have a name');
      return;
    }
    const duration = (key: string) =>
      readDuration(compilation, at(path, key), declared[key]);
    const maxAttempts = compilation.number(
      at(path, 'maxAttempts'),
      declared.maxAttempts,
      n => Number.isInteger(n) && n >= 1 && n <= 1_000,
      'a whole number from 1 to 1000; it counts the first attempt too',
    );
    retries.set(name, {
      delay: duration('delay') ?? 0,
      maxDelay: duration('maxDelay'),
      increment: duration('increment'),
      multiplier: compilation.number(
        at(path, 'multiplier'),
        declared.multiplier,
        n => n > 0 && n <= 1_000,
        'a number above 0, up to 1000',
      ),
      maxAttempts: maxAttempts ?? DEFAULT_RETRY.maxAttempts,
      ...readJitter(compilation, at(path, 'jitter'), declared.jitter),
      never: [],
    });
  });
  return retries;
}

/** What an action needs to know of the definition for its retries. */
export interface RetryContext {
  readonly retries: ReadonlyMap<string, RetryPolicy>;
  readonly autoRetries: boolean;
  /** The codes of errors, by name; a fault where there is none. */
  codes(path: string, names: JsonValue | undefined): string[] | undefined;
}

/**
 * The retries of an action: those of its `retryRef`; with `autoRetries` or `retryableErrors` and no `retryRef`, the strategy
 * named `default`, else a built-in one.
 */
export function readActionRetry(
  compilation: Compilation,
  path: string,
  action: JsonObject,
  context: RetryContext,
): RetryPolicy | undefined {
  const only = context.codes(
    at(path, 'retryableErrors'),
    action.retryableErrors,
  );
  const never =
    context.codes(at(path, 'nonRetryableErrors'), action.nonRetryableErrors) ??
    [];
  const name = compilation.text(at(path, 'retryRef'), action.retryRef);
  if (name === undefined) {
    if (!context.autoRetries && only === undefined) {
      return undefined;
    }
    return {
      ...(context.retries.get('default') ?? DEFAULT_RETRY),
      only,
      never,
    };
  }
  const policy = context.retries.get(name);
  if (policy === undefined) {
    compilation.fault(
      at(path, 'retryRef'),
      `there is no retry strategy ${JSON.stringify(name)}`,
    );
    return undefined;
  }
  return { ...policy, only, never };
}
