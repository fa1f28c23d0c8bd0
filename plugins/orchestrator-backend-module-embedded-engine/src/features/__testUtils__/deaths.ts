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

import { RunStarts } from '../../engine/RunStarts';
import type { RestStub } from '../../__testUtils__/restStub';
import type { Commit } from '../../store/Commit';
import { RunStore } from '../../store/RunStore';
import { runOf } from './FeatureServices';

/** After what a run stops: a change that is stored, or a call that is sent. */
export type PointKind = 'commit' | 'call';

/** A death of an engine that is to come. */
export interface Death {
  /** Resolves once no run has come any further for a while: all that are to stop have. */
  quiet(): Promise<void>;
  /** The runs that have stopped. */
  runs(): ReadonlySet<string>;
  /** Lets the engines that come next live. */
  restore(): void;
}

/** Longer than anything takes of which nobody hears before it is done. */
const QUIET_MS = 2_000;
const LOOK_MS = 50;

/**
 * Stops every run at its own point: what it does after that is not stored any more, as if the process had died there. The runs stop at
 * different times, but for each of them that is no other than a crash at its point.
 *
 * @param point - the number of the change, or of the call, after which a run stops
 */
export function dieAt(kind: PointKind, point: number, stub: RestStub): Death {
  const { commit } = RunStore.prototype;
  const counts = new Map<string, number>();
  const stopped = new Set<string>();
  let last = Date.now();
  const count = (runId: string) => {
    const seen = (counts.get(runId) ?? 0) + 1;
    counts.set(runId, seen);
    return seen;
  };
  const spy = jest
    .spyOn(RunStore.prototype, 'commit')
    .mockImplementation(async function dying(this: RunStore, given: Commit) {
      if (stopped.has(given.id)) {
        // It tries for ever, which is nothing new.
        throw new Error('The process is gone');
      }
      last = Date.now();
      const isLast = kind === 'commit' && count(given.id) === point;
      if (isLast) {
        // At once, so that nothing of the run overtakes what is being stored.
        stopped.add(given.id);
      }
      const stored = await commit.call(this, given);
      if (isLast) {
        throw new Error('The process is gone');
      }
      return stored;
    });
  const { start } = RunStarts.prototype;
  const starts = jest
    .spyOn(RunStarts.prototype, 'start')
    .mockImplementation(async function watched(
      this: RunStarts,
      ...given: Parameters<typeof start>
    ) {
      last = Date.now();
      return start.apply(this, given);
    });
  const stop = stub.onCall(({ headers }) => {
    const key = headers['idempotency-key'];
    last = Date.now();
    if (kind === 'call' && key !== undefined) {
      const runId = runOf(String(key));
      if (count(runId) === point) {
        stopped.add(runId);
      }
    }
  });
  return {
    quiet: async () => {
      while (Date.now() - last < QUIET_MS) {
        await new Promise(resolve => {
          setTimeout(resolve, LOOK_MS);
        });
      }
    },
    runs: () => stopped,
    restore: () => {
      stop();
      spy.mockRestore();
      starts.mockRestore();
    },
  };
}
