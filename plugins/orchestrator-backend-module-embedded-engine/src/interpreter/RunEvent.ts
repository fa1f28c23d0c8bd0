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
import type { Outcome } from './failures';

/** What happens to a run. */
export type RunEvent =
  /** It is to go on: at its start, at a time, or after a pause of the engine. */
  | { readonly kind: 'wake' }
  | {
      readonly kind: 'result';
      readonly key: string;
      readonly outcome: Outcome;
    }
  /** An event for which the run waits now; `name` is that of the declaration, where whoever sent it said so. */
  | {
      readonly kind: 'event';
      readonly event: EngineEvent;
      readonly name?: string;
    };
