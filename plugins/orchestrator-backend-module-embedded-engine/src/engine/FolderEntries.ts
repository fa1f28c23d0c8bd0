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

import type { RegistryEntry } from './RegistryEntry';

/** Milliseconds after which what could not be read from an address is tried again. */
const RETRY_MS = 60_000;

/**
 * The definitions of folders, by id. One whose documents could not be read from their addresses is tried again from time to time, when
 * somebody asks for definitions; nobody waits for it.
 */
export class FolderEntries {
  readonly #entries = new Map<string, RegistryEntry>();
  readonly #again = new Map<string, () => Promise<RegistryEntry | undefined>>();
  #retryAt?: number;

  /**
   * Adds an entry.
   *
   * @param again - loads it once more
   */
  add(
    entry: RegistryEntry,
    again: () => Promise<RegistryEntry | undefined>,
  ): void {
    this.#entries.set(entry.id, entry);
    if (entry.mayRecover) {
      this.#again.set(entry.id, again);
    }
  }

  /**
   * All entries as they are now.
   *
   * @param now - milliseconds since the epoch
   */
  entries(now: number): ReadonlyMap<string, RegistryEntry> {
    this.#retryAt ??= now + RETRY_MS;
    if (this.#again.size > 0 && now >= this.#retryAt) {
      this.#retryAt = now + RETRY_MS;
      this.#again.forEach((again, id) => this.#recover(id, again));
    }
    return this.#entries;
  }

  async #recover(
    id: string,
    again: () => Promise<RegistryEntry | undefined>,
  ): Promise<void> {
    try {
      const entry = await again();
      if (entry !== undefined && !entry.mayRecover) {
        this.#again.delete(id);
        this.#entries.set(id, entry);
      }
    } catch {
      // The evaluator or the database is away: the next time is soon enough.
    }
  }
}
