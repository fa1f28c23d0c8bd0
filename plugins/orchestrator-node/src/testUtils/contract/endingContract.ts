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
import { call, startRequest, startUntil, untilState } from './engineSteps';

const CONFLICT = { name: 'ConflictError' };
const NOT_FOUND = { name: 'NotFoundError' };

/** Abort and retrigger, and what races with them. */
export function describeEndings({
  harness,
  capabilities,
}: ContractContext): void {
  describe('abort', () => {
    itIf(capabilities.abort)('ends a run that waits, for good', async () => {
      const { engine, definitions } = harness();
      const { id } = await engine.start(startRequest(definitions.waits), call);
      await engine.abort(id, call);
      const run = await engine.get(id, call);
      expect(run).toMatchObject({ state: 'ABORTED', end: expect.any(String) });
      await expect(engine.abort(id, call)).rejects.toMatchObject(CONFLICT);
    });

    itIf(capabilities.abort)('lets one of several aborts win', async () => {
      const { engine, definitions } = harness();
      const { id } = await engine.start(startRequest(definitions.waits), call);
      const outcomes = await Promise.allSettled(
        [1, 2, 3].map(() => engine.abort(id, call)),
      );
      const refused = outcomes.filter(one => one.status === 'rejected');
      expect(refused).toHaveLength(2);
      for (const { reason } of refused) expect(reason).toMatchObject(CONFLICT);
      await untilState(engine, id, 'ABORTED');
    });

    itIf(capabilities.abort)(
      'either aborts a run or finds it ended, never both',
      async () => {
        const { engine, definitions } = harness();
        for (let round = 0; round < 10; round++) {
          const { id } = await engine.start(
            startRequest(definitions.completes),
            call,
          );
          const refusal = await engine.abort(id, call).then(
            () => undefined,
            error => error,
          );
          expect([undefined, 'ConflictError']).toContain(refusal?.name);
          await untilState(engine, id, refusal ? 'COMPLETED' : 'ABORTED');
        }
      },
    );

    itIf(capabilities.abort)('ends a run in error', async () => {
      const { engine, definitions } = harness();
      const { id } = await startUntil(engine, definitions.fails, 'ERROR');
      await engine.abort(id, call);
      await untilState(engine, id, 'ABORTED');
    });

    itIf(capabilities.abort)(
      'refuses a run that has completed, and one that does not exist',
      async () => {
        const { engine, definitions } = harness();
        const { id } = await startUntil(
          engine,
          definitions.completes,
          'COMPLETED',
        );
        await expect(engine.abort(id, call)).rejects.toMatchObject(CONFLICT);
        await expect(engine.abort(randomUUID(), call)).rejects.toMatchObject(
          NOT_FOUND,
        );
        expect((await engine.get(id, call))?.state).toBe('COMPLETED');
      },
    );
  });

  describe('retrigger', () => {
    itIf(capabilities.retrigger)(
      'goes on from the node that failed',
      async () => {
        const { engine, definitions } = harness();
        const { id } = await startUntil(engine, definitions.failsOnce, 'ERROR');
        await engine.retrigger(id, call);
        const run = await untilState(engine, id, 'COMPLETED');
        expect(run.error).toBeUndefined();
      },
    );

    itIf(capabilities.retrigger)('can fail again', async () => {
      const { engine, definitions } = harness();
      const { id } = await startUntil(engine, definitions.fails, 'ERROR');
      await engine.retrigger(id, call);
      const run = await untilState(engine, id, 'ERROR');
      expect(run.error).toBeDefined();
    });

    itIf(capabilities.retrigger)(
      'refuses a run that is not in error, and one that does not exist',
      async () => {
        const { engine, definitions } = harness();
        const ended = await startUntil(
          engine,
          definitions.completes,
          'COMPLETED',
        );
        const waiting = await engine.start(
          startRequest(definitions.waits),
          call,
        );
        for (const { id } of [ended, waiting]) {
          await expect(engine.retrigger(id, call)).rejects.toMatchObject(
            CONFLICT,
          );
        }
        await expect(
          engine.retrigger(randomUUID(), call),
        ).rejects.toMatchObject(NOT_FOUND);
      },
    );

    itIf(capabilities.retrigger)('lets one of two retriggers win', async () => {
      const { engine, definitions } = harness();
      const { id } = await startUntil(engine, definitions.failsOnce, 'ERROR');
      const outcomes = await Promise.allSettled([
        engine.retrigger(id, call),
        engine.retrigger(id, call),
      ]);
      expect(outcomes.map(one => one.status).sort()).toEqual([
        'fulfilled',
        'rejected',
      ]);
      await untilState(engine, id, 'COMPLETED');
    });
  });
}
