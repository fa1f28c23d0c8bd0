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
import type { StepContext } from '../interpreter/Run';
import type { Outcome } from '../interpreter/RunState';
import type { WorkflowDefinition } from '../language/Definition';
import type { Commit } from '../store/Commit';
import type { PendingCall } from './Caller';
import type { Clock } from './clock';

/** What a run that is taken on needs of its host. */
export interface RunHost {
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly context: Omit<StepContext, 'runId'>;
  definition(hash: string): Promise<WorkflowDefinition>;
  commit(commit: Commit): Promise<boolean>;
  call(pending: PendingCall): Promise<Outcome | undefined>;
  /** The run is no longer taken on here; it waits until a time, or has ended, or somebody else has it. */
  released(actor: { readonly id: string }, wake: number | undefined): void;
}
