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

import { randomUUID } from 'node:crypto';
import { call, FakeWorld } from '../engine/__testUtils__/FakeWorld';

describe('adopted runs', () => {
  let world: FakeWorld;
  beforeEach(async () => {
    world = await FakeWorld.start();
  });
  afterEach(() => world.close());

  const BEFORE = '2026-05-01T00:00:00.000Z';
  const put = (id: string, more = {}) =>
    world.dataIndex.put({
      id,
      processId: 'waits',
      state: 'COMPLETED',
      start: BEFORE,
      lastUpdate: BEFORE,
      endpoint: 'http://127.0.0.1:1/waits',
      variables: {
        initiatorEntity: 'user:default/Alice',
        targetEntity: 'component:default/web',
      },
      ...more,
    });

  it('are those from before, and neither child runs nor ours', async () => {
    put('old');
    put('new', { start: '2026-06-01T00:00:00.000Z' });
    put('ours', { businessKey: randomUUID() });
    // Its parent's owner owns it, whatever its own data says.
    put('child', { parentProcessInstanceId: 'old' });
    put('nobody', { variables: { initiatorEntity: 'user:default/system' } });
    const engine = world.engine({
      adoptInitiatorBefore: Date.UTC(2026, 5, 1),
    });
    const { changes } = await engine.changes(undefined, { ...call, limit: 50 });
    expect(changes).toHaveLength(5);
    const adopted = changes.filter(change => change.adopted !== undefined);
    expect(adopted).toMatchObject([
      {
        runId: 'old',
        adopted: {
          initiator: 'user:default/alice',
          targetEntity: 'component:default/web',
        },
      },
    ]);
  });
});
