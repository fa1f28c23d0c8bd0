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

import { describeWorkflowEngineContract } from './contract/describeWorkflowEngineContract';
import { createFakeEngine } from './FakeEngine';
import { FakeStorage, type FakeDefinition } from './FakeStorage';

const definitions: FakeDefinition[] = [
  { id: 'completes', scenario: 'completes' },
  { id: 'waits', scenario: 'waits' },
  { id: 'fails', scenario: 'fails' },
  { id: 'fails-once', scenario: 'failsOnce' },
  {
    id: 'waits-for-event',
    scenario: 'waitsForEvent',
    consumes: [{ name: 'go', type: 'contract.go' }],
  },
];

for (const acceptsRunId of [true, false]) {
  describeWorkflowEngineContract(
    `A fake engine that ${acceptsRunId ? 'takes' : 'makes'} ids`,
    async () => {
      const storage = new FakeStorage();
      const create = () =>
        createFakeEngine({
          storage,
          definitions,
          capabilities: { acceptsRunId },
        });
      const engine = create();
      return {
        engine,
        definitions: {
          completes: 'completes',
          waits: 'waits',
          fails: 'fails',
          failsOnce: 'fails-once',
          waitsForEvent: 'waits-for-event',
        },
        sources: {
          valid: definition => ({
            source: JSON.stringify(definition),
            format: 'json',
          }),
          invalid: id => ({
            source: JSON.stringify({ id, unsupported: true }),
            format: 'json',
          }),
        },
        restart: async () => create(),
        close: () => engine.stop(),
      };
    },
    [
      ...(acceptsRunId ? [] : ['acceptsRunId' as const]),
      ...(['events', 'earlySignals', 'subFlows'] as const),
    ],
  );
}

describe('FakeEngine', () => {
  const call = { caller: 'user:default/alice' };
  const start = {
    definitionId: 'waits',
    runId: 'run-1',
    input: {},
    provenance: { initiator: 'user:default/alice', workspace: 'default' },
  };

  it('does nothing while it is down', async () => {
    const engine = createFakeEngine({ definitions });
    engine.troubles.setDown(true);
    await expect(engine.start(start, call)).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
    });
    engine.troubles.setDown(false);
    expect(await engine.get('run-1', call)).toBeUndefined();
  });

  it('does its work when the answer is lost', async () => {
    const engine = createFakeEngine({ definitions });
    engine.troubles.loseNextAnswer('start', new Error('lost'));
    await expect(engine.start(start, call)).rejects.toThrow('lost');
    expect(await engine.get('run-1', call)).toMatchObject({ state: 'ACTIVE' });
  });

  it('does nothing in a call that fails', async () => {
    const engine = createFakeEngine({ definitions });
    engine.troubles.failNext('start', new Error('broken'));
    await expect(engine.start(start, call)).rejects.toThrow('broken');
    expect(await engine.get('run-1', call)).toBeUndefined();
    expect(await engine.start(start, call)).toEqual({ id: 'run-1' });
  });

  it('waits while it is held, and throws what the signal says', async () => {
    const engine = createFakeEngine({ definitions });
    const release = engine.troubles.hold('start');
    const controller = new AbortController();
    const ended = engine.start(start, {
      ...call,
      abortSignal: controller.signal,
    });
    controller.abort(new Error('too slow'));
    await expect(ended).rejects.toThrow('too slow');
    expect(await engine.get('run-1', call)).toBeUndefined();
    release();
    await new Promise(setImmediate);
    expect(await engine.get('run-1', call)).toBeDefined();
  });

  it('can be moved by hand', async () => {
    const engine = createFakeEngine({ definitions });
    await engine.start(start, call);
    engine.advance('run-1', 'SUSPENDED');
    expect(await engine.get('run-1', call)).toMatchObject({
      state: 'SUSPENDED',
    });
    const { changes } = await engine.changes(undefined, { ...call, limit: 9 });
    expect(changes.map(change => change.state)).toEqual([
      'ACTIVE',
      'SUSPENDED',
    ]);
  });
});
