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
import type { OrchestratorService } from '@flowgate/backstage-plugin-orchestrator-node';
import { startReport } from './startReport';

const now = () => new Date('2026-11-22T03:04:05.678Z');

function setup(execute: OrchestratorService['execute']) {
  const auth = mockServices.auth();
  const logger = mockServices.logger.mock();
  return {
    auth,
    options: {
      auth,
      logger,
      now,
      orchestrator: { execute } as OrchestratorService,
    },
  };
}

describe('startReport', () => {
  it('starts the workflow as the plugin itself, keyed by the minute', async () => {
    const execute = jest.fn().mockResolvedValue({ id: 'run-1' });
    const { auth, options } = setup(execute);

    await expect(startReport(options)).resolves.toBe('run-1');
    expect(execute).toHaveBeenCalledTimes(1);
    expect(execute).toHaveBeenCalledWith(
      {
        workflowId: 'nightly',
        input: { period: '2026-11-22T03:04Z' },
        idempotencyKey: 'report-2026-11-22T03:04Z',
      },
      { credentials: await auth.getOwnServiceCredentials() },
    );
  });

  it('tries again with the same key where an answer was lost', async () => {
    const execute = jest
      .fn()
      .mockRejectedValueOnce(new Error('socket hang up'))
      .mockResolvedValue({ id: 'run-1' });
    const { options } = setup(execute);

    await expect(startReport(options)).resolves.toBe('run-1');
    expect(execute).toHaveBeenCalledTimes(2);
    expect(execute.mock.calls[1][0]).toEqual(execute.mock.calls[0][0]);
  });

  it('gives up after three attempts, or when the task is told to end', async () => {
    const execute = jest.fn().mockRejectedValue(new Error('refused'));
    const { options } = setup(execute);

    await expect(startReport(options)).rejects.toThrow('refused');
    expect(execute).toHaveBeenCalledTimes(3);
    await expect(
      startReport({ ...options, signal: AbortSignal.abort() }),
    ).rejects.toThrow('refused');
    expect(execute).toHaveBeenCalledTimes(4);
  });
});
