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
import type { JsonObject } from '@backstage/types';
import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import {
  type ContractContext,
  definitionOf,
  itIf,
} from './EngineContractHarness';
import {
  call,
  startRequest,
  startUntil,
  until,
  untilState,
} from './engineSteps';

const CONFLICT = { name: 'ConflictError' };
const INPUT = { name: 'InputError' };
const NOT_FOUND = { name: 'NotFoundError' };

/** Waits until something is in a field of the data of a run that goes on. */
function untilField(engine: WorkflowEngine, runId: string, field: string) {
  return until(async () => {
    const run = await engine.get(runId, call);
    const data = run?.data as JsonObject | undefined;
    return run?.state === 'ACTIVE' && data?.[field] !== undefined;
  });
}

/** Events for runs, one by one. */
export function describeSignals({
  harness,
  capabilities,
  has,
}: ContractContext): void {
  const start = async (
    name: Parameters<typeof definitionOf>[1],
    input: JsonObject = {},
  ) => {
    const request = startRequest(definitionOf(harness(), name), input);
    return (await harness().engine.start(request, call)).id;
  };

  describe('signal', () => {
    const itSignals = itIf(capabilities.signal);
    const itTakesEvents = itIf(capabilities.signal && has('events'));
    const itKeeps = itIf(
      capabilities.signal && has('events') && has('earlySignals'),
    );

    it('refuses a run that does not exist', async () => {
      const event = { name: 'go', data: {} };
      await expect(
        harness().engine.signal(randomUUID(), event, call),
      ).rejects.toMatchObject(NOT_FOUND);
    });

    itIf(!capabilities.signal)('refuses a run that has ended', async () => {
      const { engine, definitions } = harness();
      const { id } = await startUntil(
        engine,
        definitions.completes,
        'COMPLETED',
      );
      await expect(
        engine.signal(id, { name: 'go', data: {} }, call),
      ).rejects.toMatchObject(CONFLICT);
    });

    itSignals('wakes the run that waits for it, and no other', async () => {
      const { engine } = harness();
      const [one, other] = [
        await start('waitsForEvent'),
        await start('waitsForEvent'),
      ];
      await engine.signal(one, { name: 'go', data: { round: 1 } }, call);
      await untilState(engine, one, 'COMPLETED');
      expect((await engine.get(other, call))?.state).toBe('ACTIVE');
      await engine.signal(other, { name: 'go', data: { round: 2 } }, call);
      await untilState(engine, other, 'COMPLETED');
    });

    itSignals('refuses a run that has ended', async () => {
      const { engine } = harness();
      const id = await start('waitsForEvent');
      const event = { name: 'go', data: {} };
      await engine.signal(id, event, call);
      await untilState(engine, id, 'COMPLETED');
      await expect(engine.signal(id, event, call)).rejects.toMatchObject(
        CONFLICT,
      );
    });

    itIf(capabilities.signal && capabilities.abort)(
      'refuses a run that was aborted',
      async () => {
        const { engine } = harness();
        const id = await start('waitsForEvent');
        await engine.abort(id, call);
        await expect(
          engine.signal(id, { name: 'go', data: {} }, call),
        ).rejects.toMatchObject(CONFLICT);
      },
    );

    itSignals('refuses an event that the definition lacks', async () => {
      const { engine } = harness();
      const id = await start('waitsForEvent');
      await expect(
        engine.signal(id, { name: `no-${randomUUID()}`, data: {} }, call),
      ).rejects.toMatchObject(INPUT);
      expect((await engine.get(id, call))?.state).toBe('ACTIVE');
    });

    itTakesEvents('puts the data of each event in its place', async () => {
      const { engine } = harness();
      const id = await start('waitsTwice', { kept: true });
      await engine.signal(id, { name: 'first', data: { of: [1] } }, call);
      await untilField(engine, id, 'first');
      await engine.signal(id, { name: 'second', data: { of: [2] } }, call);
      const { data } = await untilState(engine, id, 'COMPLETED');
      expect(data).toMatchObject({
        kept: true,
        first: { of: [1] },
        second: { of: [2] },
      });
    });

    itTakesEvents('ends a callback, after its action', async () => {
      const { engine } = harness();
      const id = await start('callsBack', { kept: true });
      await untilField(engine, id, 'asked');
      await engine.signal(id, { name: 'answer', data: { yes: true } }, call);
      const { data } = await untilState(engine, id, 'COMPLETED');
      expect(data).toMatchObject({
        kept: true,
        asked: expect.anything(),
        answer: { yes: true },
      });
    });

    itKeeps('keeps what comes before its run waits for it', async () => {
      const { engine } = harness();
      const id = await start('waitsTwice');
      await engine.signal(id, { name: 'second', data: { early: true } }, call);
      expect((await engine.get(id, call))?.state).toBe('ACTIVE');
      await engine.signal(id, { name: 'first', data: { early: false } }, call);
      const { data } = await untilState(engine, id, 'COMPLETED');
      expect(data).toMatchObject({
        first: { early: false },
        second: { early: true },
      });
    });

    itIf(capabilities.signal && has('events') && !has('earlySignals'))(
      'loses what comes before its run waits for it, and takes another',
      async () => {
        const { engine } = harness();
        const id = await start('waitsTwice');
        await engine.signal(id, { name: 'second', data: { round: 1 } }, call);
        await engine.signal(id, { name: 'first', data: { round: 2 } }, call);
        await untilField(engine, id, 'first');
        await engine.signal(id, { name: 'second', data: { round: 3 } }, call);
        const { data } = await untilState(engine, id, 'COMPLETED');
        expect(data).toMatchObject({
          first: { round: 2 },
          second: { round: 3 },
        });
      },
    );

    itKeeps('counts an event of the same id once', async () => {
      const { engine } = harness();
      const id = await start('waitsTwice');
      const second = { name: 'second', id: 'event-1' };
      await engine.signal(id, { ...second, data: { round: 1 } }, call);
      await Promise.all(
        [2, 3].map(round =>
          engine.signal(id, { ...second, data: { round } }, call),
        ),
      );
      await engine.signal(id, { name: 'first', data: {} }, call);
      const { data } = await untilState(engine, id, 'COMPLETED');
      expect(data).toMatchObject({ second: { round: 1 } });
    });

    itKeeps('takes early events in the order in which they came', async () => {
      const { engine } = harness();
      const id = await start('waitsTwice');
      for (const round of [1, 2]) {
        await engine.signal(id, { name: 'second', data: { round } }, call);
      }
      await engine.signal(id, { name: 'first', data: {} }, call);
      const { data } = await untilState(engine, id, 'COMPLETED');
      expect(data).toMatchObject({ second: { round: 1 } });
    });

    itKeeps('has its early events still after kill -9', async () => {
      const before = harness().engine;
      const id = await start('waitsTwice');
      await before.signal(id, { name: 'second', data: { early: true } }, call);
      const after = await harness().restart();
      await after.signal(id, { name: 'first', data: {} }, call);
      const { data } = await untilState(after, id, 'COMPLETED');
      expect(data).toMatchObject({ second: { early: true } });
    });

    itTakesEvents('wakes a run that waited before kill -9', async () => {
      const id = await start('callsBack');
      await untilField(harness().engine, id, 'asked');
      const after = await harness().restart();
      await after.signal(id, { name: 'answer', data: { yes: true } }, call);
      const { data } = await untilState(after, id, 'COMPLETED');
      expect(data).toMatchObject({ answer: { yes: true } });
    });
  });
}
