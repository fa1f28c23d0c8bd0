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

const PATTERN =
  /^P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,9})?)S)?)?$/;

/** A timer of a database column and of JavaScript both hold this. */
const MAX_DAYS = 3_650;

/**
 * Reads an ISO 8601 duration in weeks, days, hours, minutes and seconds. Months and years have no fixed length.
 *
 * @returns milliseconds, or undefined where the text is no such duration or longer than ten years
 */
export function parseDuration(text: string): number | undefined {
  const found = PATTERN.exec(text);
  if (found === null) {
    return undefined;
  }
  const [weeks, days, hours, minutes, seconds] = found
    .slice(1)
    .map(part => Number(part ?? 0));
  const total =
    ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
  return total > MAX_DAYS * 86_400_000 ? undefined : Math.round(total);
}
