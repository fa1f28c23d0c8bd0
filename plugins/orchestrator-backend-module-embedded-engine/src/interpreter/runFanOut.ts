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

import type { State } from '../language/Definition';
import { groupOf } from './ActionGroup';
import type { Arrivals } from './arrivals';
import type { FanOutFrame, SequenceFrame } from './frames';
import { leaveActions } from './nodes';
import { type Run, RunFailure } from './Run';
import { runSequence } from './runSequence';
import { isIdle } from './sequences';

/** Goes on with one of several sequences; true where it is done. */
type GoOn = (sequence: SequenceFrame) => Promise<boolean>;

/**
 * Goes on with sequences that stand side by side, in their order; those for which something came take it first, all of them: what
 * came is recorded, and does not come again because another of them fails.
 *
 * @param isEnough - whether the others need not go on
 * @throws RunFailure of the first that failed
 */
export async function runSideBySide(
  run: Run,
  sequences: readonly SequenceFrame[],
  arrivals: Arrivals,
  goOn: GoOn,
  isEnough: () => boolean = () => false,
): Promise<void> {
  let failure: RunFailure | undefined;
  for (const sequence of sequences) {
    if (arrivals.has(sequence)) {
      try {
        await goOn(sequence);
      } catch (error) {
        if (!(error instanceof RunFailure)) {
          throw error;
        }
        failure ??= error;
      }
    }
  }
  if (failure !== undefined) {
    throw failure;
  }
  if (isEnough()) {
    return;
  }
  for (const sequence of sequences) {
    const rests = arrivals.has(sequence) || isIdle(run, sequence);
    if (!rests && (await goOn(sequence)) && isEnough()) {
      return;
    }
  }
}

/** Goes on with branches, or with actions side by side; true where as many as are needed are done. The others end then. */
export async function runFanOut(
  run: Run,
  state: State,
  body: FanOutFrame,
  arrivals: Arrivals,
): Promise<boolean> {
  const { children, needed = children.length } = body;
  const isEnough = () =>
    children.filter(child => child === null).length >= needed;
  await runSideBySide(
    run,
    children.filter(child => child !== null),
    arrivals,
    async child => {
      const outcome = arrivals.get(child);
      const done = await runSequence(
        run,
        groupOf(state, child),
        child,
        outcome,
      );
      if (done) {
        children[children.indexOf(child)] = null;
      }
      return done;
    },
    isEnough,
  );
  if (!isEnough()) {
    return false;
  }
  const { frame } = run.state;
  if (frame !== undefined) {
    leaveActions(
      run,
      frame,
      children.filter(child => child !== null),
    );
  }
  return true;
}
