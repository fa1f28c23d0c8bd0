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

/* eslint-disable jest/no-export -- a suite that the packages of engines call */

import type { EngineCapabilities } from '@flowgate/backstage-plugin-orchestrator-node';
import { describeChanges } from './changeContract';
import { describeDefinitions } from './definitionContract';
import type {
  EngineContractFeature,
  EngineContractHarness,
} from './EngineContractHarness';
import { describeEndings } from './endingContract';
import { describeSignals } from './signalContract';
import { describeStarts } from './startContract';
import { describeSubFlows } from './subFlowContract';

/**
 * A Jest suite of what every engine must keep: starts that are durable and made once, runs that can be read, changes that
 * are delivered until they are acknowledged, abort and retrigger under races, signals, sub-flows, definitions, and life after
 * kill -9. To be called where Jest collects tests.
 *
 * @param name - of the suite, usually the engine's
 * @param createHarness - called before each test; its storage must be empty but for the definitions
 * @param lacks - the capabilities and features that the engine does not have; tests of them show as skipped
 * @public
 */
export function describeWorkflowEngineContract(
  name: string,
  createHarness: () => Promise<EngineContractHarness>,
  lacks: readonly (keyof EngineCapabilities | EngineContractFeature)[] = [],
): void {
  describe(`${name} keeps the contract of engines`, () => {
    const capabilities: EngineCapabilities = {
      acceptsRunId: !lacks.includes('acceptsRunId'),
      definitions: !lacks.includes('definitions'),
      abort: !lacks.includes('abort'),
      retrigger: !lacks.includes('retrigger'),
      signal: !lacks.includes('signal'),
      logs: !lacks.includes('logs'),
    };
    let current: EngineContractHarness | undefined;
    beforeEach(async () => {
      current = await createHarness();
    });
    afterEach(async () => {
      await current?.close();
      current = undefined;
    });
    const context = {
      harness: () => current!,
      capabilities,
      has: (feature: EngineContractFeature) => !lacks.includes(feature),
    };

    it('has the capabilities that it is tested for', () => {
      expect(current!.engine.capabilities).toEqual(capabilities);
    });
    describeStarts(context);
    describeEndings(context);
    describeSignals(context);
    describeSubFlows(context);
    describeChanges(context);
    describeDefinitions(context);
  });
}
