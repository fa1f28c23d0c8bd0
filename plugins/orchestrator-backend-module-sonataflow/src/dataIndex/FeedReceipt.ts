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

import { randomBytes } from 'node:crypto';

/**
 * How far the changes of a Data Index have been read. Times are milliseconds since the epoch.
 *
 * - `fill` and `sweep`: everything before `from` was delivered; the sweep, of which the very first is the fill, ends with the
 *   change at `until`, which was the newest when it began, and has then read all that there was up to `upTo`.
 * - `done`: the last sweep has read all that there was up to `upTo`.
 */
export type FeedPosition =
  | {
      readonly phase: 'fill' | 'sweep';
      readonly from: number;
      readonly until: number;
      readonly upTo: number;
    }
  | { readonly phase: 'done'; readonly upTo: number };

/**
 * Writes a receipt. Each is different from all others: two replicas that have read as far as each other may have delivered
 * different runs on the way.
 */
export function writeReceipt(position: FeedPosition): string {
  const times =
    position.phase === 'done'
      ? [position.upTo]
      : [position.from, position.until, position.upTo];
  const nonce = randomBytes(6).toString('hex');
  return [
    position.phase,
    ...times.map(time => new Date(time).toISOString()),
    nonce,
  ].join('/');
}

/** Reads a receipt; undefined where it is none of this feed. */
export function readReceipt(receipt: string): FeedPosition | undefined {
  const [phase, ...rest] = receipt.split('/');
  const times = rest.slice(0, -1).map(text => Date.parse(text));
  if (times.some(time => Number.isNaN(time))) return undefined;
  if (phase === 'done' && times.length === 1) {
    return { phase, upTo: times[0] };
  }
  if ((phase === 'fill' || phase === 'sweep') && times.length === 3) {
    const [from, until, upTo] = times;
    return { phase, from, until, upTo };
  }
  return undefined;
}
