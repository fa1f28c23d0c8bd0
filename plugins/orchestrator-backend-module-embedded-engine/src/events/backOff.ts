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
const FIRST_MS = 1_000;
const MAX_MS = 5 * 60_000;
/** Beyond it, the delay has been at its most for long. */
const MAX_DOUBLINGS = 16;

/**
 * How long to wait before something is tried again, in milliseconds: from one second, doubled each time, to five minutes.
 *
 * @param attempts - how often it has failed before
 * @param random - from 0 to 1; it spreads the delay over its upper half
 */
export function backOff(attempts: number, random: number): number {
  const delay = Math.min(
    MAX_MS,
    FIRST_MS * 2 ** Math.min(attempts, MAX_DOUBLINGS),
  );
  return Math.round(delay * (0.5 + random / 2));
}
