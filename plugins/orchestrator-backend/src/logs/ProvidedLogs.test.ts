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

import { NotFoundError, ServiceUnavailableError } from '@backstage/errors';
import { mockServices } from '@backstage/backend-test-utils';
import {
  EngineAnswerError,
  EngineTimeoutError,
  type WorkflowLogProvider,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { ProvidedLogs } from './ProvidedLogs';

const ADDRESS = 'http://10.1.2.3:3100';
const run = { id: 'run-1', processId: 'shop', nodes: [] };

type Fetch = WorkflowLogProvider['fetchWorkflowLogsByInstance'];

function createLogs(fetchLogs: Fetch, timeout?: number) {
  const logger = mockServices.logger.mock();
  const provider: WorkflowLogProvider = {
    getProviderId: () => 'own',
    getBaseURL: () => ADDRESS,
    fetchWorkflowLogsByInstance: fetchLogs,
  };
  return { logs: new ProvidedLogs({ provider, logger, timeout }), logger };
}

describe('logs of a provider', () => {
  it('are its lines, and nothing beside', async () => {
    const { logs } = createLogs(async instance => ({
      instanceId: instance.id,
      logs: [{ id: '1', log: 'a', secret: 'b' }] as never,
    }));
    expect(await logs.logsOf(run)).toEqual([{ id: '1', log: 'a' }]);
  });

  it.each<[what: string, thrown: unknown, status: number, code: string]>([
    [
      'is down',
      new ServiceUnavailableError(ADDRESS),
      503,
      'engine.unavailable',
    ],
    ['is slow', new EngineTimeoutError(ADDRESS), 504, 'engine.timeout'],
    [
      'is slow, in the words of fetch',
      new DOMException(ADDRESS, 'TimeoutError'),
      504,
      'engine.timeout',
    ],
    ['is wrong', new EngineAnswerError(ADDRESS), 502, 'engine.bad_answer'],
    ['knows no run', new NotFoundError(ADDRESS), 502, 'engine.bad_answer'],
    ['throws whatever', new Error(ADDRESS), 502, 'engine.bad_answer'],
    ['throws what is no error', ADDRESS, 502, 'engine.bad_answer'],
  ])(
    'have a clear answer where it %s, without its address',
    async (_what, thrown, status, code) => {
      const { logs, logger } = createLogs(() => Promise.reject(thrown));
      const error = await logs.logsOf(run).catch(refused => refused);
      expect(error).toMatchObject({ status, code });
      expect(error.message).toContain('Log provider "own"');
      const told = [error.message, ...logger.error.mock.calls.flat()];
      expect(JSON.stringify(told)).not.toContain('10.1.2.3');
    },
  );

  it('have one where it throws at once', async () => {
    const { logs } = createLogs(() => {
      throw new ServiceUnavailableError(ADDRESS);
    });
    await expect(logs.logsOf(run)).rejects.toMatchObject({ status: 503 });
  });

  it.each([
    undefined,
    null,
    'text',
    {},
    { logs: {} },
    { logs: [null] },
    { logs: [{ id: 1, log: 'a' }] },
    { logs: [{ id: '1' }] },
  ])('have one where it answers %j', async answer => {
    const { logs } = createLogs(async () => answer as never);
    await expect(logs.logsOf(run)).rejects.toMatchObject({
      code: 'engine.bad_answer',
    });
  });

  it('are not waited for without an end, whether or not it minds', async () => {
    let signal: AbortSignal | undefined;
    const { logs } = createLogs((_run, options) => {
      signal = options?.abortSignal;
      return new Promise(() => {});
    }, 20);
    await expect(logs.logsOf(run)).rejects.toMatchObject({
      code: 'engine.timeout',
    });
    expect(signal?.aborted).toBe(true);
  });
});
