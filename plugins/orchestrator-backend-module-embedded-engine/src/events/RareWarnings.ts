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
import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Clock } from '../host/clock';

/** Milliseconds between two warnings of a kind. */
const PAUSE_MS = 60_000;

/** Warnings of things that can happen very often: one line of each kind in a minute, with how many there were. */
export class RareWarnings {
  readonly #logger: LoggerService;
  readonly #clock: Clock;
  readonly #kinds = new Map<string, { nextAt: number; left: number }>();

  constructor(logger: LoggerService, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** @param kind - one of few; `text` never holds anything of an event */
  warn(kind: string, text: string): void {
    const now = this.#clock.now();
    const known = this.#kinds.get(kind);
    if (known !== undefined && now < known.nextAt) {
      known.left += 1;
      return;
    }
    const more =
      known === undefined || known.left === 0
        ? ''
        : ` (and ${known.left} times before)`;
    this.#kinds.set(kind, { nextAt: now + PAUSE_MS, left: 0 });
    this.#logger.warn(`${text}${more}`);
  }
}
