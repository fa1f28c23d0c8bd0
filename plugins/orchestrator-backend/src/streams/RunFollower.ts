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
import { SYSTEM } from '../workflows/DefinitionCatalog';
import type { NewsSource } from './RunNews';
import type { RunStream } from './RunStream';

/** Runs that are read at the same time. */
const CONCURRENCY = 8;

/** A run is read again after this time, also where nobody says that there is something new; milliseconds. */
const REREAD_MS = 20_000;

/** Brings the news of the runs of one engine to all their readers: one question for all, and one read for readers at the same place. */
export class RunFollower {
  readonly #engineId: string;
  readonly #source: NewsSource;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  readonly #streams = new Set<RunStream>();
  #polling: Promise<void> | undefined;
  #again = false;
  #isFailing = false;

  constructor(options: {
    engineId: string;
    source: NewsSource;
    logger: LoggerService;
    now: () => number;
  }) {
    this.#engineId = options.engineId;
    this.#source = options.source;
    this.#logger = options.logger;
    this.#now = options.now;
  }

  /** Where the news come from. */
  get source(): NewsSource {
    return this.#source;
  }

  /** Follows a run for a reader until its stream has ended. */
  add(stream: RunStream): void {
    this.#streams.add(stream);
    void stream.closed.then(() => this.#streams.delete(stream));
  }

  /** Tells all readers what is new. Never throws: what failed is asked for again the next time. */
  async poll(): Promise<void> {
    // What came after the poll under way had asked must be asked for again.
    this.#again = true;
    this.#polling ??= this.#pollAll();
    await this.#polling;
  }

  async #pollAll(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        await this.#pollOnce();
      }
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) {
        this.#logger.warn(
          `What happens in runs of engine "${
            this.#engineId
          }" cannot be followed at the moment: ${(error as Error).message}`,
        );
      }
      this.#isFailing = true;
    } finally {
      this.#polling = undefined;
    }
  }

  async #pollOnce(): Promise<void> {
    const ready = [...this.#streams].filter(({ isReady }) => isReady);
    if (ready.length === 0) return;
    const before = this.#now() - REREAD_MS;
    const due = new Set(await this.#source.behind(ready));
    for (const stream of ready) {
      if (stream.hasMore || stream.readAt <= before) due.add(stream);
    }
    const groups = new Map<string, RunStream[]>();
    for (const stream of due) {
      const key = JSON.stringify([stream.runId, stream.cursor ?? null]);
      groups.set(key, [...(groups.get(key) ?? []), stream]);
    }
    const waiting = [...groups.values()];
    while (waiting.length > 0) {
      await Promise.all(
        waiting.splice(0, CONCURRENCY).map(group => this.#tell(group)),
      );
    }
    if ([...due].some(({ hasMore, isReady }) => hasMore && isReady)) {
      this.#again = true;
    }
  }

  /** Reads once for readers at the same place. */
  async #tell(group: readonly RunStream[]): Promise<void> {
    const news = await this.#source.read(group[0], SYSTEM);
    for (const stream of group) {
      if (news) stream.tell(news);
      else stream.end();
    }
  }
}
