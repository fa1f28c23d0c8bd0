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
import type { RunProvenance } from '@flowgate/backstage-plugin-orchestrator-node';
import type { StepContext } from '../interpreter/Run';
import type { Outcome } from '../interpreter/RunState';
import type { WorkflowDefinition } from '../language/Definition';
import type { Commit } from '../store/Commit';
import type { InboxReader } from '../store/InboxReader';
import type { PendingCall } from './Caller';
import type { Clock } from './clock';

/** A call that a run waits for, with what a sub-flow takes over from its parent. */
export interface RunCall extends PendingCall {
  /** How many runs stand above the run. */
  readonly depth: number;
  readonly provenance?: RunProvenance;
}

/** What a call came to; `parked` where its end comes into the inbox; nothing where it was ended. */
export type CallEnd = Outcome | 'parked' | undefined;

/** Where a host turns to for what runs ask for. */
export interface HostOutlets {
  /** Makes a call of a run. */
  call(call: RunCall): Promise<CallEnd>;
  /** Called after runs have produced events. */
  produced(): void;
}

/** What a run that is taken on needs of its host. */
export interface RunHost {
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly context: Omit<StepContext, 'runId'>;
  readonly inbox: InboxReader;
  /** How much may be recorded of a run. */
  readonly maxJournal: number;
  definition(hash: string): Promise<WorkflowDefinition>;
  /** How many events of a run wait to be sent. */
  unsent(runId: string): Promise<number>;
  commit(commit: Commit): Promise<boolean>;
  /** Lets go of a run as it is stored; false where somebody else has changed it. */
  letGo(
    run: Pick<Commit, 'id' | 'mail' | 'owner' | 'rev'>,
    wake: number | undefined,
  ): Promise<boolean>;
  call(call: RunCall): Promise<CallEnd>;
  /** The run is no longer taken on here; it waits until a time, or has ended, or somebody else has it. */
  released(actor: { readonly id: string }, wake: number | undefined): void;
}
