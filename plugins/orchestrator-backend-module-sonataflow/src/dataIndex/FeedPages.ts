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

import { EngineAnswerError } from '@flowgate/backstage-plugin-orchestrator-node';
import { AnswerTooLargeError } from '../http/AnswerTooLargeError';
import type { DataIndex } from './DataIndex';
import type { DataIndexCall } from './DataIndexClient';
import type { RunRow } from './rows';
import { changedAt } from './toRunChange';

/** Rows of a page. */
const PAGE = 1_000;

/** Rows of the smallest page. */
const MIN_PAGE = 10;

/** A page of runs by the time of their last change. */
export interface FeedPage {
  readonly rows: readonly RunRow[];
  /** From when on there may be more, a time after that from which the page was read; undefined where there is no more. */
  readonly next?: number;
}

/**
 * Reads runs by the time of their last change, page by page. A page begins at a time, not at a row: rows that move to the end while
 * pages are read would push others over the border between two pages, and there is no order among rows of the same time.
 */
export class FeedPages {
  readonly #dataIndex: DataIndex;
  readonly #max: number;
  #size: number;

  /** @param max - rows of a page */
  constructor(dataIndex: DataIndex, max = PAGE) {
    this.#dataIndex = dataIndex;
    this.#max = max;
    this.#size = max;
  }

  /**
   * Reads a page.
   *
   * @param from - milliseconds
   * @throws EngineAnswerError where more runs have the same time than fit into one answer
   */
  async read(from: number, call: DataIndexCall): Promise<FeedPage> {
    let size = this.#size;
    let tooLarge = Infinity;
    for (;;) {
      const page = await this.#try(from, size, call);
      if (page === 'too-large') {
        tooLarge = size;
        size = Math.floor(size / 2);
        if (size < 1) throw this.#tooMany();
        this.#shrink(size);
      } else if (page === 'stuck') {
        // Beyond the page there may be more of the same time, so that it cannot be passed.
        size *= 2;
        if (size >= tooLarge) throw this.#tooMany();
      } else {
        this.#size = Math.min(this.#max, Math.ceil(this.#size * 1.1));
        return page;
      }
    }
  }

  async #try(
    from: number,
    size: number,
    call: DataIndexCall,
  ): Promise<FeedPage | 'too-large' | 'stuck'> {
    const lowerBound = new Date(from).toISOString();
    try {
      const { rows, answered } = await this.#dataIndex.changedSince(
        lowerBound,
        size,
        call,
      );
      if (answered < size) return { rows };
      const last = rows.reduce((max, row) => Math.max(max, changedAt(row)), 0);
      // One less, since the Data Index keeps more digits than it answers.
      const next = last - 1;
      return next > from ? { rows, next } : 'stuck';
    } catch (error) {
      if (error instanceof AnswerTooLargeError) return 'too-large';
      // A slow Data Index may be fast enough for less.
      this.#shrink(Math.floor(this.#size / 2));
      throw error;
    }
  }

  #shrink(size: number): void {
    this.#size = Math.min(this.#max, Math.max(MIN_PAGE, size));
  }

  #tooMany(): Error {
    return new EngineAnswerError(
      `${
        this.#dataIndex.name
      } has more runs with the same time of change than fit into one answer; a larger maxResponseBytes helps`,
    );
  }
}
