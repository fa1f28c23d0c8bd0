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

import { randomUUID } from 'node:crypto';
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

/** Definitions can be read; starts are durable, kept apart by id, and read back. */
export function describeStarts({
  harness,
  capabilities,
}: ContractContext): void {
  describe('definitions and starts', () => {
    it('lists its definitions and gives their text', async () => {
      const { engine, definitions } = harness();
      const listed = await engine.listDefinitions(call);
      for (const id of Object.values(definitions)) {
        expect(listed).toContainEqual(
          expect.objectContaining({ id, available: true }),
        );
        const source = await engine.getDefinitionSource(id, call);
        expect(source?.source).toContain(id);
      }
      expect(
        await engine.getDefinitionSource(`no-${randomUUID()}`, call),
      ).toBeUndefined();
    });

    it('is healthy', async () => {
      await expect(harness().engine.health(call)).resolves.toBeUndefined();
    });

    it('runs a definition to its end', async () => {
      const { engine, definitions, keepsProvenance = true } = harness();
      const request = startRequest(definitions.completes, { greeting: 'hi' });
      const { id } = await engine.start(request, call);
      expect(id === request.runId).toBe(capabilities.acceptsRunId);
      const run = await untilState(engine, id, 'COMPLETED');
      expect(run).toMatchObject({
        id,
        definitionId: definitions.completes,
        data: expect.objectContaining({ greeting: 'hi' }),
      });
      expect(run.provenance).toEqual(
        keepsProvenance ? request.provenance : undefined,
      );
      expect(new Date(run.start).toISOString()).toBe(run.start);
      expect(Date.parse(run.end!)).toBeGreaterThanOrEqual(
        Date.parse(run.start),
      );
      expect(run.error).toBeUndefined();
    });

    it('says which node failed', async () => {
      const { engine, definitions } = harness();
      const run = await startUntil(engine, definitions.fails, 'ERROR');
      expect(run.error?.message).toEqual(expect.any(String));
      expect(run.nodes.map(node => node.definitionId)).toContain(
        run.error?.nodeDefinitionId,
      );
      expect(run.end).toEqual(expect.any(String));
    });

    it('can be read as soon as the start has answered', async () => {
      const { engine, definitions } = harness();
      const { id } = await engine.start(startRequest(definitions.waits), call);
      expect(await engine.get(id, call)).toMatchObject({ id });
    });

    it('refuses to start what it does not know', async () => {
      const { engine } = harness();
      const request = startRequest(`no-${randomUUID()}`);
      await expect(engine.start(request, call)).rejects.toMatchObject({
        name: 'NotFoundError',
      });
      expect(await engine.get(request.runId, call)).toBeUndefined();
    });

    itIf(capabilities.acceptsRunId)(
      'starts once for one id, whether repeated later or at the same time',
      async () => {
        const { engine, definitions } = harness();
        const request = startRequest(definitions.waits, { round: 1 });
        const answers = await Promise.all([
          engine.start(request, call),
          engine.start(request, call),
          engine.start(request, call),
        ]);
        answers.push(
          await engine.start({ ...request, input: { round: 2 } }, call),
        );
        expect(new Set(answers.map(({ id }) => id))).toEqual(
          new Set([request.runId]),
        );
        const run = await engine.get(request.runId, call);
        expect(run?.data).toMatchObject({ round: 1 });
      },
    );

    itIf(!capabilities.acceptsRunId)(
      'finds a run by the start that made it',
      async () => {
        const { engine, definitions } = harness();
        const request = startRequest(definitions.waits);
        const { id } = await engine.start(request, call);
        const asked = [request, startRequest(definitions.waits)];
        const found = await until(async () => {
          const some = await engine.findStarted!(asked, call);
          return some.size > 0 && some;
        });
        expect([...found]).toEqual([[request.runId, id]]);
        expect((await engine.findStarted!([], call)).size).toBe(0);
        // An event can start several workflows, each with what it carries.
        const other = { ...request, definitionId: definitions.completes };
        expect((await engine.findStarted!([other], call)).size).toBe(0);
        const { changes } = await readChanges(
          engine,
          all => newest(all, id) !== undefined,
        );
        expect(newest(changes, id)!.startedAs).toBe(request.runId);
      },
    );

    it('reads many runs at once and leaves out those that do not exist', async () => {
      const { engine, definitions } = harness();
      const started = await Promise.all(
        [1, 2, 3].map(() =>
          engine.start(startRequest(definitions.waits), call),
        ),
      );
      const ids = started.map(({ id }) => id);
      const found = await engine.getMany([...ids, randomUUID()], call);
      expect([...found.keys()].sort()).toEqual([...ids].sort());
      expect(found.get(ids[0])).toMatchObject({
        id: ids[0],
        definitionId: definitions.waits,
      });
      expect((await engine.getMany([], call)).size).toBe(0);
    });

    it('leaves out the data that does not fit into a budget, in the order asked for', async () => {
      const { engine, definitions } = harness();
      const ids: string[] = [];
      for (let i = 0; i < 3; i += 1) {
        const request = startRequest(definitions.waits, {
          text: 'x'.repeat(1_000),
        });
        ids.push((await engine.start(request, call)).id);
      }
      const withData = async (dataBudget?: number) => {
        const found = await engine.getMany(ids, { ...call, dataBudget });
        expect(found.size).toBe(3);
        return ids.filter(id => found.get(id)!.data !== undefined);
      };
      expect(await withData()).toEqual(ids);
      expect(await withData(2_500)).toEqual(ids.slice(0, 2));
      expect(await withData(0)).toEqual([]);
    });

    it('knows nothing of a run that was never started', async () => {
      const { engine } = harness();
      expect(await engine.get(randomUUID(), call)).toBeUndefined();
      expect(await engine.logs(randomUUID(), call)).toBeUndefined();
    });

    itIf(capabilities.logs)('keeps a log in order', async () => {
      const { engine, definitions } = harness();
      const run = await startUntil(engine, definitions.fails, 'ERROR');
      const log = (await engine.logs(run.id, call)) ?? [];
      expect(log.length).toBeGreaterThan(0);
      const ids = log.map(entry => BigInt(entry.id));
      const sorted = [...new Set(ids)].sort((a, b) => (a < b ? -1 : 1));
      expect(ids).toEqual(sorted);
    });
  });
}
