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

import { InputError } from '@backstage/errors';
import type { RunChanges } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import { type RunRow, toRunChange } from './rows';

const RECEIPT = /^(?:\d{1,16}(?:-\d{1,16})?(?:,\d{1,16}(?:-\d{1,16})?)*)?$/;

/** Ascending numbers as ranges: `1-3,7`. */
export function toReceipt(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && number === last[1] + 1) {
      last[1] = number;
    } else {
      ranges.push([number, number]);
    }
  }
  return ranges
    .map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`))
    .join(',');
}

/**
 * Reads ranges.
 *
 * @throws InputError where the text is no receipt
 */
export function fromReceipt(receipt: string): [number, number][] {
  if (receipt.length > 100_000 || !RECEIPT.test(receipt)) {
    throw new InputError('The receipt of changes is not one of this engine');
  }
  return receipt === ''
    ? []
    : receipt.split(',').map(range => {
        const [from, to = from] = range.split('-').map(Number);
        return [from, to];
      });
}

/**
 * Changes of runs that wait for the index. A receipt names exactly what was delivered: a change that is stored later under a
 * smaller number is not lost.
 */
export class Outbox {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Forgets what a receipt names, and gives what is next. */
  async changes(since: string | undefined, limit: number): Promise<RunChanges> {
    const ranges = fromReceipt(since ?? '');
    if (ranges.length > 0) {
      await this.#knex.transaction(async tx => {
        for (const range of ranges) {
          await tx('embedded_outbox').whereBetween('seq', range).delete();
        }
      });
    }
    const rows = await this.#knex('embedded_outbox as o')
      .join('embedded_runs as r', 'r.id', 'o.run_id')
      .orderBy('o.seq')
      .limit(limit)
      .select<
        (Pick<
          RunRow,
          | 'id'
          | 'definition_id'
          | 'version'
          | 'status'
          | 'rev'
          | 'started_at'
          | 'ended_at'
          | 'provenance'
          | 'parent_id'
        > & { seq: number | string })[]
      >(
        'o.seq',
        'r.id',
        'r.definition_id',
        'r.version',
        'r.status',
        'r.rev',
        'r.started_at',
        'r.ended_at',
        'r.provenance',
        'r.parent_id',
      );
    // The row of a run says how it stands now; once is enough.
    const latest = new Map(rows.map(row => [row.id, row]));
    return {
      changes: [...latest.values()].map(toRunChange),
      next: toReceipt(rows.map(row => Number(row.seq))),
    };
  }
}
