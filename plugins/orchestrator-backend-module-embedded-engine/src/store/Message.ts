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

import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Outcome } from '../interpreter/RunState';

/** What became of a sub-flow, for the call of its parent. */
export interface ChildEnd {
  /** The call of the parent. */
  readonly key: string;
  readonly outcome: Outcome;
}

/** Something for a run that it is to have once, when it waits for it. */
export type Message = {
  readonly runId: string;
  /** Names the message in its run, in 64 characters at most: one of the same name counts once. */
  readonly key: string;
} & (
  | {
      readonly kind: 'event';
      /** The name of the declaration, where whoever sent it said so. */
      readonly eventName?: string;
      readonly body: EngineEvent;
    }
  | { readonly kind: 'child'; readonly body: ChildEnd }
);

/**
 * What became of a message: it is in the inbox · it was there before · the run has ended · the run has too many that it does not
 * take · there is no such run.
 */
export type Reception = 'stored' | 'known' | 'ended' | 'full' | 'unknown';
