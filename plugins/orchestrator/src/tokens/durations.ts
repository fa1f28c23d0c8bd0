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

const HOUR = 3600;
const DAY = 24 * HOUR;

/** A length of time to choose from. */
export interface DurationChoice {
  readonly seconds: number;
  readonly label: string;
}

/** How long a token can live; the backend refuses what is more than it is configured to allow. */
export const LIFETIMES: readonly DurationChoice[] = [
  { seconds: HOUR, label: '1 hour' },
  { seconds: DAY, label: '1 day' },
  { seconds: 7 * DAY, label: '7 days' },
  { seconds: 30 * DAY, label: '30 days' },
  { seconds: 90 * DAY, label: '90 days' },
  { seconds: 180 * DAY, label: '180 days' },
  { seconds: 365 * DAY, label: '365 days' },
];

/** How long the old secret of a token can go on beside the new one. */
export const OVERLAPS: readonly DurationChoice[] = [
  { seconds: 0, label: 'Not at all: it ends now' },
  { seconds: 300, label: '5 minutes' },
  { seconds: HOUR, label: '1 hour' },
  { seconds: DAY, label: '1 day' },
  { seconds: 7 * DAY, label: '7 days' },
];

export const DEFAULT_OVERLAP_SECONDS = 300;
