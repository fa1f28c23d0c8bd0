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

import { screen } from '@testing-library/react';
import {
  mockApi,
  renderOrchestrator,
} from './__testUtils__/renderOrchestrator';
import plugin, { orchestratorApiRef, OrchestratorRequestError } from '.';

describe('the package', () => {
  it('exports the plugin as its default, and what other plugins call', () => {
    expect(plugin.pluginId).toBe('orchestrator');
    expect(orchestratorApiRef.id).toBe('plugin.orchestrator.api');
    expect(new OrchestratorRequestError(500, undefined)).toBeInstanceOf(Error);
  });

  it('says so where there is no such page', async () => {
    renderOrchestrator(mockApi(), '/nope/nothing');
    expect(await screen.findByText(/PAGE NOT FOUND/)).toBeInTheDocument();
  });
});
