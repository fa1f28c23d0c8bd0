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

import { mockServices } from '@backstage/backend-test-utils';
import { scheduleTokenCleanup } from './scheduleTokenCleanup';

const DAY = 24 * 60 * 60 * 1_000;

describe('scheduleTokenCleanup', () => {
  async function setup(deleted: number) {
    const scheduler = mockServices.scheduler.mock();
    const logger = mockServices.logger.mock();
    const cleanup = { clean: jest.fn(async () => deleted) };
    await scheduleTokenCleanup({
      scheduler,
      cleanup: cleanup as never,
      retentionMs: 30 * DAY,
      logger,
      now: () => 100 * DAY,
    });
    const [task] = scheduler.scheduleTask.mock.calls[0];
    const run = () =>
      (task.fn as (signal: AbortSignal) => Promise<void>)(
        new AbortController().signal,
      );
    return { task, run, cleanup, logger };
  }

  it('has one replica at a time delete what died longer ago than is kept', async () => {
    const { task, run, cleanup, logger } = await setup(3);
    expect(task).toMatchObject({
      id: 'orchestrator-token-cleanup',
      frequency: { hours: 1 },
    });
    expect(task.scope ?? 'global').toBe('global');
    expect(cleanup.clean).not.toHaveBeenCalled();
    await run();
    expect(cleanup.clean).toHaveBeenCalledWith(70 * DAY, 100 * DAY);
    expect(logger.info).toHaveBeenCalledWith(
      'Deleted 3 tokens that ended long ago',
    );
  });

  it('says nothing where there was nothing to do', async () => {
    const { run, logger } = await setup(0);
    await run();
    expect(logger.info).not.toHaveBeenCalled();
  });
});
