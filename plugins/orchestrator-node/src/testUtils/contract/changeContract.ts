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

import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import { itIf, type ContractContext } from './EngineContractHarness';
import {
  call,
  newest,
  readChanges,
  startRequest,
  startUntil,
  until,
  untilState,
} from './engineSteps';

/** The changes for the index, and what is left after kill -9. */
export function describeChanges({
  harness,
  capabilities,
}: ContractContext): void {
  const completeMany = async (engine: WorkflowEngine, count: number) => {
    const runs = await Promise.all(
      Array.from({ length: count }, () =>
        startUntil(engine, harness().definitions.completes, 'COMPLETED'),
      ),
    );
    return runs.map(({ id }) => id);
  };

  describe('changes', () => {
    it('tells of the end of every run, in pages, none lost', async () => {
      const { engine, keepsProvenance = true } = harness();
      const ids = await completeMany(engine, 7);
      const { changes } = await readChanges(
        engine,
        all => ids.every(id => newest(all, id)?.state === 'COMPLETED'),
        { limit: 2 },
      );
      const change = newest(changes, ids[0])!;
      expect(change).toMatchObject({
        definitionId: harness().definitions.completes,
        start: expect.any(String),
        end: expect.any(String),
      });
      const { initiator, owner, tokenId } = change.provenance ?? {};
      expect({ initiator, owner, tokenId }).toEqual(
        keepsProvenance
          ? {
              initiator: 'user:default/contract',
              owner: 'group:default/contract',
              tokenId: 'contract-token',
            }
          : {},
      );
      expect(change.startedAs !== undefined).toBe(!capabilities.acceptsRunId);
    });

    it('keeps a page within its limit', async () => {
      const { engine } = harness();
      await completeMany(engine, 5);
      const batch = await engine.changes(undefined, { ...call, limit: 2 });
      expect(batch.changes.length).toBeLessThanOrEqual(2);
    });

    it('delivers a batch again until its receipt comes back', async () => {
      const { engine } = harness();
      const [id] = await completeMany(engine, 1);
      const { next } = await readChanges(engine, () => true);
      const ask = () => engine.changes(next, { ...call, limit: 100 });
      // The first of the two may end the run's earlier changes; what follows must come every time.
      const first = await ask();
      const second = await ask();
      expect(second.changes).toEqual(
        expect.arrayContaining([...first.changes]),
      );
      await engine.changes(second.next, { ...call, limit: 100 });
      const { changes } = await readChanges(engine, () => true, {
        since: second.next,
      });
      expect(changes.filter(change => change.runId === id)).toEqual([]);
    });

    itIf(capabilities.retrigger)(
      'counts the revision of a run up with every change',
      async () => {
        const { engine, definitions } = harness();
        const { id } = await startUntil(engine, definitions.failsOnce, 'ERROR');
        const failed = await readChanges(
          engine,
          all => newest(all, id)?.state === 'ERROR',
        );
        await engine.retrigger(id, call);
        const completed = await readChanges(
          engine,
          all => newest(all, id)?.state === 'COMPLETED',
          { since: failed.next },
        );
        expect(newest(completed.changes, id)!.revision).toBeGreaterThan(
          newest(failed.changes, id)!.revision,
        );
      },
    );

    itIf(capabilities.abort)('tells of an abort', async () => {
      const { engine, definitions } = harness();
      const { id } = await engine.start(startRequest(definitions.waits), call);
      await engine.abort(id, call);
      const { changes } = await readChanges(
        engine,
        all => newest(all, id)?.state === 'ABORTED',
      );
      expect(newest(changes, id)!.end).toEqual(expect.any(String));
    });

    it('calls its listeners, and not those that left', async () => {
      const { engine } = harness();
      if (!engine.onChanges) return;
      let heard = 0;
      let left = 0;
      const leave = engine.onChanges(() => {
        left += 1;
      });
      leave();
      const end = engine.onChanges(() => {
        heard += 1;
      });
      await completeMany(engine, 1);
      await until(async () => heard > 0);
      expect(left).toBe(0);
      end();
    });
  });

  describe('after kill -9', () => {
    it('still has its runs, and the changes that nobody acknowledged', async () => {
      const before = harness().engine;
      const [ended] = await completeMany(before, 1);
      const waiting = await before.start(
        startRequest(harness().definitions.waits, { kept: true }),
        call,
      );
      const after = await harness().restart();
      expect(await after.get(ended, call)).toMatchObject({
        state: 'COMPLETED',
      });
      expect(await after.get(waiting.id, call)).toMatchObject({
        state: 'ACTIVE',
        data: expect.objectContaining({ kept: true }),
      });
      const { changes } = await readChanges(
        after,
        all => newest(all, ended)?.state === 'COMPLETED',
      );
      expect(newest(changes, ended)).toBeDefined();
    });

    it('ends runs that were under way', async () => {
      const { engine: before, keepsProvenance = true } = harness();
      const started = await Promise.all(
        Array.from({ length: 10 }, () =>
          before.start(startRequest(harness().definitions.completes), call),
        ),
      );
      const after = await harness().restart();
      for (const { id } of started) {
        const run = await untilState(after, id, 'COMPLETED');
        expect(run.provenance?.initiator).toBe(
          keepsProvenance ? 'user:default/contract' : undefined,
        );
      }
    });

    itIf(capabilities.acceptsRunId)(
      'does not start a second time what it started before',
      async () => {
        const before = harness().engine;
        const request = startRequest(harness().definitions.waits, { round: 1 });
        await before.start(request, call);
        const after = await harness().restart();
        const again = { ...request, input: { round: 2 } };
        expect(await after.start(again, call)).toEqual({ id: request.runId });
        const run = await after.get(request.runId, call);
        expect(run?.data).toMatchObject({ round: 1 });
      },
    );
  });
}
