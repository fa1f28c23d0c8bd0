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
import type { WorkflowDefinition } from '../language/Definition';
import type { InboxReader } from '../store/InboxReader';
import type { InboxStore } from '../store/InboxStore';
import type { LeaseStore } from '../store/LeaseStore';
import type { RunStore } from '../store/RunStore';
import type { Clock } from './clock';

/** What a host is made of. */
export interface EngineHostOptions {
  readonly runs: RunStore;
  readonly leases: LeaseStore;
  readonly inboxes: InboxStore;
  readonly inbox: InboxReader;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly context: Omit<StepContext, 'runId'>;
  readonly definition: (hash: string) => Promise<WorkflowDefinition>;
  /** How many events of a run wait to be sent. */
  readonly unsent: (runId: string) => Promise<number>;
  /** Called after a state of a run has changed. */
  readonly changed: () => void;
  /** How much may be recorded of a run. */
  readonly maxJournal: number;
  /** Milliseconds for which this process is taken for alive without a word of it. */
  readonly leaseMs: number;
  /** Milliseconds between looks for runs that are due. */
  readonly pollMs: number;
}
