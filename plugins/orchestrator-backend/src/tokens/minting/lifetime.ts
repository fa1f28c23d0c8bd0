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

import type { Fault } from '../../errors/OrchestratorError';

const SECOND = 1_000;

/** The shortest life of a token; milliseconds. */
export const MIN_LIFE = 60 * SECOND;

/** How long a token may live; milliseconds. */
export interface LifetimeBounds {
  readonly defaultExpiryMs: number;
  readonly maxExpiryMs: number;
  /** When the credential that mints ends; absent where that does not bound what it mints. */
  readonly mintingExpiresAt?: number;
}

/** What a request says of the life of a token. */
export interface RequestedLifetime {
  readonly expiresInSeconds?: number;
  readonly expiresAt?: string;
}

const ZONED_TIME =
  /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** A time with a zone, in milliseconds since the epoch; undefined for any other text. */
function parseZonedTime(text: string): number | undefined {
  const match = ZONED_TIME.exec(text);
  if (!match) return undefined;
  const [year, month, day] = match.slice(1).map(Number);
  // JavaScript takes the 31st of February for a day in March.
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) {
    return undefined;
  }
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/**
 * When a token ends that is made now.
 *
 * @returns the time in milliseconds since the epoch, or what is wrong with the request
 */
export function lifetimeOf(
  request: RequestedLifetime,
  bounds: LifetimeBounds,
  now: number,
): number | Fault {
  const { expiresInSeconds, expiresAt } = request;
  const { mintingExpiresAt = Infinity } = bounds;
  const longest = Math.min(bounds.maxExpiryMs, mintingExpiresAt - now);
  const most = Math.floor(longest / SECOND);
  if (longest < MIN_LIFE) {
    return {
      path: 'body/expiresInSeconds',
      message: `must be at most ${most}, since the token that mints ends then, and a token lives at least ${
        MIN_LIFE / SECOND
      } seconds`,
    };
  }
  if (expiresAt !== undefined) {
    if (expiresInSeconds !== undefined) {
      return {
        path: 'body/expiresAt',
        message: 'cannot stand beside expiresInSeconds',
      };
    }
    return fromTime(expiresAt, { now, longest, most });
  }
  if (expiresInSeconds === undefined) {
    return now + Math.min(bounds.defaultExpiryMs, longest);
  }
  const life = expiresInSeconds * SECOND;
  if (life > longest) {
    return {
      path: 'body/expiresInSeconds',
      message: `must be at most ${most}`,
    };
  }
  return now + life;
}

function fromTime(
  text: string,
  { now, longest, most }: { now: number; longest: number; most: number },
): number | Fault {
  const path = 'body/expiresAt';
  const time = parseZonedTime(text);
  if (time === undefined) {
    return { path, message: 'must be ISO 8601 with a time zone' };
  }
  if (time - now < MIN_LIFE) {
    return {
      path,
      message: `must be at least ${MIN_LIFE / SECOND} seconds from now`,
    };
  }
  if (time - now > longest) {
    return { path, message: `must be at most ${most} seconds from now` };
  }
  return time;
}
