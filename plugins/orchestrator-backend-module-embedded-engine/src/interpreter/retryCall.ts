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

import type { Action, RetryPolicy } from '../language/Definition';
import { actionFailure, type ActionGroup } from './ActionGroup';
import type { SequenceFrame } from './frames';
import { fittingLists } from './matchErrors';
import { retryDelay } from './retryDelay';
import { type Run, RunFailure } from './Run';
import type { Failure } from './RunState';

/** Whether the codes of a policy let a failed call be made again. */
async function isRetried(
  run: Run,
  group: ActionGroup,
  frame: SequenceFrame,
  { never, only }: RetryPolicy,
  failure: Failure,
): Promise<boolean> {
  try {
    const [isNever, isOneOf] = await fittingLists(
      run.context.evaluator,
      [never, only ?? []],
      failure,
    );
    return !isNever && (only === undefined || isOneOf);
  } catch (error) {
    throw error instanceof RunFailure
      ? actionFailure(error.failure, group, frame)
      : error;
  }
}

/** Whether a failed call is to be made again; if so, the sequence waits for it. */
export async function retryCall(
  run: Run,
  group: ActionGroup,
  frame: SequenceFrame,
  action: Action,
  failure: Failure,
): Promise<boolean> {
  const policy = action.retry;
  if (policy === undefined || frame.tries >= policy.maxAttempts) {
    return false;
  }
  if (
    failure.kind === 'limit' ||
    !(await isRetried(run, group, frame, policy, failure))
  ) {
    return false;
  }
  const delay = retryDelay(policy, frame.tries, run.context.random());
  frame.phase = 'backoff';
  frame.wakeAt = run.context.now() + delay;
  frame.attempt += 1;
  frame.tries += 1;
  run.log(
    `WARN Action ${action.name}: ${failure.message}; attempt ${frame.tries} of ${policy.maxAttempts} in ${delay} ms`,
  );
  return true;
}
