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

import type { RunStore } from '../database/RunStore';
import type { TokenSubject } from '../database/TokenChangeStore';
import { isStarted } from '../database/RunRow';
import { withinTime } from '../database/withinTime';
import type { Access } from '../gate/Access';
import type { RunStream } from './RunStream';

/**
 * After how long it is decided again whether a reader may read on; milliseconds. With what one decision may take, and what may be
 * remembered of a credential, a reader whose rights have ended reads on for 30 s at the most.
 */
const RECHECK_MS = 20_000;

/** How long one decision may take; milliseconds. */
const DECISION_MS = 5_000;

interface Guarded {
  readonly renew: () => Promise<Access>;
  checkAt: number;
  isChecking: boolean;
}

/** Whether a change of tokens is one of the credential of a stream. */
function isOf({ principal }: RunStream, subjects: readonly TokenSubject[]) {
  const { tokenId, token } = principal;
  return (
    token !== undefined &&
    subjects.some(
      subject =>
        subject === '*' ||
        subject === `token:${tokenId}` ||
        subject === `owner:${token.owner}`,
    )
  );
}

/** Ends streams whose readers may not read on. What cannot be decided is refused. */
export class StreamGuard {
  readonly #runs: RunStore;
  readonly #now: () => number;
  readonly #guarded = new Map<RunStream, Guarded>();

  constructor(runs: RunStore, now: () => number) {
    this.#runs = runs;
    this.#now = now;
  }

  /** Watches over a stream until it has ended. */
  add(stream: RunStream, renew: () => Promise<Access>): void {
    const checkAt = this.#now() + RECHECK_MS;
    this.#guarded.set(stream, { renew, checkAt, isChecking: false });
    void stream.closed.then(() => this.#guarded.delete(stream));
  }

  /** Is told what has changed of tokens: who reads by one of them is decided on at the next check. */
  tokensChanged(subjects: readonly TokenSubject[]): void {
    for (const [stream, guarded] of this.#guarded) {
      if (isOf(stream, subjects)) guarded.checkAt = -Infinity;
    }
  }

  /** Decides on those whose time it is. Never throws. */
  async check(): Promise<void> {
    const now = this.#now();
    const due = [...this.#guarded].filter(
      ([, { checkAt, isChecking }]) => !isChecking && checkAt <= now,
    );
    if (due.length === 0) return;
    for (const [, guarded] of due) {
      guarded.isChecking = true;
      guarded.checkAt = now + RECHECK_MS;
    }
    const rows = this.#runs.findMany([
      ...new Set(due.map(([{ runId }]) => runId)),
    ]);
    const found = rows.then(all => new Map(all.map(row => [row.id, row])));
    await Promise.all(
      due.map(async ([stream, guarded]) => {
        const decide = async () => {
          const row = (await found).get(stream.runId);
          const access = await guarded.renew();
          await access.decideRun(
            'instances:read',
            row && isStarted(row) ? row : undefined,
          );
        };
        try {
          await withinTime(decide(), DECISION_MS, () => new Error('timed out'));
        } catch {
          stream.end();
        } finally {
          guarded.isChecking = false;
        }
      }),
    );
  }
}
