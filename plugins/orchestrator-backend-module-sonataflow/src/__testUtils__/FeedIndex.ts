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

import type { RunChange } from '@flowgate/backstage-plugin-orchestrator-node';
import type { ChangeFeed } from '../dataIndex/ChangeFeed';

const CALL = { caller: 'system' };

/** An index of runs that stores what feeds deliver, as the plugin's does: with the receipt, and only where nobody was faster. */
export class FeedIndex {
  readonly runs = new Map<string, RunChange>();
  receipt: string | undefined;
  /** Changes that were delivered, those that were not stored included. */
  delivered = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Asks for a batch and stores it.
   *
   * @param loses - the batch is lost on its way, and its receipt with it
   * @returns how many changes there were, or undefined where there is nothing new
   */
  async poll(feed: ChangeFeed, loses = false): Promise<number | undefined> {
    const asked = this.receipt;
    const { changes, next } = await feed.changes(asked, this.#limit, CALL);
    if (changes.length > this.#limit) throw new Error('too many changes');
    this.delivered += changes.length;
    if (changes.length === 0 && next === asked) return undefined;
    if (!loses && this.receipt === asked) this.#store(changes, next);
    return changes.length;
  }

  /** Polls two feeds at one time, of which one is faster. */
  async race(one: ChangeFeed, other: ChangeFeed): Promise<void> {
    await Promise.all([this.poll(one), this.poll(other)]);
  }

  /**
   * Polls until there is nothing new.
   *
   * @throws Error where there is always something
   */
  async catchUp(feed: ChangeFeed, most = 1_000): Promise<void> {
    for (let polls = 0; polls < most; polls++) {
      if ((await this.poll(feed)) === undefined) return;
    }
    throw new Error('the feed does not end');
  }

  #store(changes: readonly RunChange[], next: string): void {
    for (const change of changes) {
      const known = this.runs.get(change.runId);
      if (!known || change.revision > known.revision) {
        this.runs.set(change.runId, change);
      }
    }
    this.receipt = next;
  }
}
