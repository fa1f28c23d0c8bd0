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

/** Whether a run in this state will change by itself. */
export function isActiveState(
  state: components['schemas']['ProcessInstanceStatusDTO'] | undefined,
): boolean {
  return state === 'ACTIVE' || state === 'PENDING' || state === 'SUSPENDED';
}
