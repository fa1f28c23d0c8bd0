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

import { addressKey } from '../addresses/addressKey';
import { OrchestratorError } from '../errors/OrchestratorError';

/** How many look-ups of one address go on at a time, unless told otherwise. */
const DEFAULT_SLOTS = 4;

/** How many look-ups of one address wait at most, unless told otherwise. */
const DEFAULT_WAITING = 1_000;

interface Place {
  running: number;
  readonly waiting: Array<() => void>;
}

/**
 * Bounds what one address makes the database do at a time. Each address has a few slots; work beyond them waits for its
 * turn in the order in which it came. Nothing is kept of an address without work.
 */
export class AddressSlots {
  readonly #slots: number;
  readonly #waiting: number;
  readonly #places = new Map<string, Place>();

  /**
   * @param options - `slots`: how much work of an address goes on at a time; `waiting`: how much of it waits at most
   */
  constructor(options: { slots?: number; waiting?: number } = {}) {
    this.#slots = options.slots ?? DEFAULT_SLOTS;
    this.#waiting = options.waiting ?? DEFAULT_WAITING;
  }

  /**
   * Does work in a slot of an address. The slot is free again when the work has ended, either way.
   *
   * @param address - as Express says it; all of an IPv6 /64 share their slots, and so does everything that is no address
   * @returns what the work returns
   * @throws OrchestratorError 503 `service.unavailable` at once where too much of the address waits already, and what the
   * work throws
   */
  async run<T>(
    address: string | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const key = addressKey(address);
    const place = this.#enter(key);
    if (place.running < this.#slots) {
      place.running += 1;
    } else {
      await new Promise<void>(resolve => place.waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      this.#leave(key, place);
    }
  }

  #enter(key: string): Place {
    let place = this.#places.get(key);
    if (!place) {
      place = { running: 0, waiting: [] };
      this.#places.set(key, place);
    }
    if (place.running >= this.#slots && place.waiting.length >= this.#waiting) {
      throw new OrchestratorError(
        'service.unavailable',
        'Too many credentials of this address wait to be looked up',
        { retryAfter: 1 },
      );
    }
    return place;
  }

  /** Hands a slot on to who has waited longest, so that nobody who comes now gets it first. */
  #leave(key: string, place: Place): void {
    const next = place.waiting.shift();
    if (next) {
      next();
      return;
    }
    place.running -= 1;
    if (place.running === 0) {
      this.#places.delete(key);
    }
  }
}
