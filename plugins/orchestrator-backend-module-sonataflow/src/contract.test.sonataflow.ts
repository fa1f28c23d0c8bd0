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
import { untilReady } from './__testUtils__/realRuns';
import { RealSonataFlow } from './__testUtils__/RealSonataFlow';

/** The definitions are in scripts/sonataflow/service. */
const definitions = {
  completes: 'contractCompletes',
  waits: 'contractWaits',
  fails: 'contractFails',
  failsOnce: 'contractFailsOnce',
  waitsForEvent: 'contractWaits',
  waitsTwice: 'contractWaitsTwice',
  callsBack: 'contractCallsBack',
  parent: 'contractParent',
  child: 'contractChild',
};

describeWorkflowEngineContract(
  'The engine on a real SonataFlow',
  async () => {
    const real = await RealSonataFlow.find();
    await real.resetStub();
    await real.forgetRuns();
    // All that the engine keeps is in the Data Index and the runtime: kill -9 leaves an engine that nobody stopped.
    const create = () => untilReady(real.engine({ eventsUrl: real.eventsUrl }));
    const engines = [await create()];
    return {
      engine: engines[0],
      definitions,
      keepsProvenance: false,
      restart: async () => {
        engines.push(await create());
        return engines[engines.length - 1];
      },
      close: async () => {
        for (const engine of engines) await engine.stop();
      },
    };
  },
  // SonataFlow has no inbox: an event for which nobody waits is lost, and one that comes twice counts twice.
  ['acceptsRunId', 'definitions', 'logs', 'earlySignals'],
);
