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

import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { RUN_STATES } from './search/fields';
import type { DefinitionEditor } from './DefinitionEditor';
import type { RunActions } from './RunActions';
import type { EventIntake } from './events/EventIntake';
import type { RunSignals } from './events/RunSignals';
import type { RunReader } from './RunReader';
import type { WorkflowReader } from './WorkflowReader';

type Schemas = components['schemas'];

/**
 * What callers can do with workflows and runs. Every method that touches one takes the caller's access first and asks it; nothing
 * else decides.
 */
export interface WorkflowService {
  readonly workflows: WorkflowReader;
  readonly definitions: DefinitionEditor;
  readonly runs: RunReader;
  readonly actions: RunActions;
  readonly signals: RunSignals;
  readonly events: EventIntake;
}

/** The states that a run can be in, with a word for people. */
export function listStatuses(): Schemas['WorkflowRunStatusDTO'][] {
  return RUN_STATES.map(value => ({
    key: value[0] + value.slice(1).toLowerCase(),
    value,
  }));
}
