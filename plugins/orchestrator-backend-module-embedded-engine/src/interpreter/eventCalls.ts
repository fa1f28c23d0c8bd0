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

import type { Action, EngineVariable } from '../language/Definition';
import { scopeSteps } from './actionCalls';
import { actionFailure, type ActionGroup } from './ActionGroup';
import type { SequenceFrame } from './frames';
import { produce } from './produce';
import { retryCall } from './retryCall';
import { type Run, RunFailure } from './Run';

/**
 * Sends the event of an action.
 *
 * @returns `wait` where the action waits for another event then
 */
export async function callEvent(
  run: Run,
  group: ActionGroup,
  frame: SequenceFrame,
  action: Action,
): Promise<'retry' | 'done' | 'wait'> {
  const { call } = action;
  if (call.kind !== 'event') {
    return 'done';
  }
  if (call.produce !== undefined) {
    const uses = new Set<EngineVariable>();
    const before = scopeSteps(action, uses);
    try {
      await produce(run, [call.produce], before, uses, group.around(frame));
    } catch (error) {
      if (!(error instanceof RunFailure)) {
        throw error;
      }
      if (await retryCall(run, group, frame, action, error.failure)) {
        return 'retry';
      }
      throw actionFailure(error.failure, group, frame);
    }
  }
  return call.awaits === undefined ? 'done' : 'wait';
}
