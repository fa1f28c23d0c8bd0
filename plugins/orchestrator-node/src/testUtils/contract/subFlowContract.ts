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

/* eslint-disable jest/no-export, jest/no-standalone-expect -- a part of a suite that the packages of engines call, with itIf for it */

import type { RunChange } from '@flowgate/backstage-plugin-orchestrator-node';
import {
  type ContractContext,
  definitionOf,
  itIf,
} from './EngineContractHarness';
import {
  call,
  newest,
  readChanges,
  startRequest,
  untilState,
} from './engineSteps';

/** Runs that other runs start. */
export function describeSubFlows({ harness, has }: ContractContext): void {
  describe('sub-flows', () => {
    const itHasSubFlows = itIf(has('subFlows'));
    const startParent = async () => {
      const { engine } = harness();
      const request = startRequest(definitionOf(harness(), 'parent'), {
        kept: true,
      });
      const { id } = await engine.start(request, call);
      const run = await untilState(engine, id, 'COMPLETED');
      return { engine, run, request };
    };
    const childrenOf = (changes: readonly RunChange[], parentId: string) => [
      ...new Set(
        changes
          .filter(change => change.parentId === parentId)
          .map(({ runId }) => runId),
      ),
    ];

    itHasSubFlows('give their data to the run that started them', async () => {
      const { run } = await startParent();
      expect(run.data).toMatchObject({ kept: true, child: { done: true } });
    });

    itHasSubFlows('are runs of their own, and told of as its', async () => {
      const { engine, run, request } = await startParent();
      const { changes } = await readChanges(engine, all => {
        const [child] = childrenOf(all, run.id);
        return [child, run.id].every(
          id => newest(all, id)?.state === 'COMPLETED',
        );
      });
      expect(newest(changes, run.id)!.parentId).toBeUndefined();
      const children = childrenOf(changes, run.id);
      expect(children).toHaveLength(1);
      const [id] = children;
      const change = newest(changes, id)!;
      expect(change.definitionId).toBe(definitionOf(harness(), 'child'));
      expect(id).not.toBe(run.id);
      expect(await engine.get(id, call)).toMatchObject({
        id,
        state: 'COMPLETED',
        data: expect.objectContaining({ done: true }),
      });
      const { keepsProvenance = true } = harness();
      expect(change.provenance).toEqual(
        keepsProvenance ? request.provenance : undefined,
      );
      expect(change.startedAs).toBeUndefined();
    });
  });
}
