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

import { describeWorkflowEngineContract } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { FakeWorld } from './engine/__testUtils__/FakeWorld';

describeWorkflowEngineContract(
  'The engine on a fake Data Index and a fake runtime',
  async () => {
    const world = await FakeWorld.start();
    world.runtime.deploy({
      id: 'waitsForEvent',
      behaviour: 'waits',
      source: `id: waitsForEvent
version: '1.0'
events:
  - { name: go, type: contract.go, source: '' }
`,
    });
    const eventsUrl = new URL('/events', world.runtime.url);
    return {
      engine: world.engine({ eventsUrl }),
      definitions: {
        completes: 'completes',
        waits: 'waits',
        fails: 'fails',
        failsOnce: 'failsOnce',
        waitsForEvent: 'waitsForEvent',
      },
      keepsProvenance: false,
      restart: async () => world.engine({ eventsUrl }),
      close: () => world.close(),
    };
  },
  // What runs do with events and sub-flows is the service's: contract.test.sonataflow.ts asks a real one.
  ['acceptsRunId', 'definitions', 'logs', 'events', 'earlySignals', 'subFlows'],
);
