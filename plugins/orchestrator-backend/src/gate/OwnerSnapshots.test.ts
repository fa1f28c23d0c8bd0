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
import { ALL } from '../grants/criteria';
import type { CredentialMemory } from './credentialMemory';
import { OwnerSnapshots } from './OwnerSnapshots';
import type { Principal } from './Principal';

const ALICE: Principal = {
  type: 'user',
  ref: 'user:default/alice',
  credentials: {} as never,
};
const DECISIONS = new Map([['orchestrator.workflow', ALL]]);

function setup(rememberMs = 5_000) {
  let now = 1_000_000;
  const store = {
    has: jest.fn(async () => true),
    save: jest.fn(async () => {}),
  };
  const decisions = jest.fn(async () => DECISIONS);
  const logger = mockServices.logger.mock();
  const snapshots = new OwnerSnapshots({
    store,
    policy: { decisions } as never,
    memberships: {
      groupsOf: async () => ['user:default/alice', 'group:default/a'],
    } as never,
    logger,
    rememberMs,
    now: () => now,
  });
  const memory: CredentialMemory = {};
  return {
    snapshots,
    store,
    decisions,
    logger,
    seen: (principal = ALICE) => snapshots.seen({ principal, memory }),
    advance: (by: number) => {
      now += by;
    },
  };
}

describe('OwnerSnapshots', () => {
  it('are renewed when an owner is seen, once in five seconds', async () => {
    const { seen, store, advance } = setup();
    await seen();
    expect(store.save).toHaveBeenCalledWith(
      'user:default/alice',
      {
        decisions: DECISIONS,
        refs: ['group:default/a', 'user:default/alice'],
        takenAt: 1_000_000,
      },
      { create: false },
    );
    advance(4_999);
    await seen();
    expect(store.has).toHaveBeenCalledTimes(1);
    advance(1);
    await seen();
    expect(store.save).toHaveBeenCalledTimes(2);
  });

  it('are not taken of users without tokens, through a plugin, or of others', async () => {
    const { seen, store, decisions } = setup(0);
    store.has.mockResolvedValue(false);
    await seen();
    expect(store.has).toHaveBeenCalledTimes(1);
    await seen({ ...ALICE, actor: 'plugin:mcp-actions' });
    await seen({ ...ALICE, credentials: undefined });
    await seen({ type: 'plugin', ref: 'plugin:nightly-report' });
    expect(store.has).toHaveBeenCalledTimes(1);
    expect(decisions).not.toHaveBeenCalled();
  });

  it('keep nobody waiting and fail nobody, and are tried again', async () => {
    jest.useFakeTimers();
    try {
      const { seen, store, logger, advance } = setup(0);
      store.has.mockRejectedValueOnce(new Error('down'));
      await seen();
      await seen();
      expect(store.has).toHaveBeenCalledTimes(1);
      advance(5_000);
      store.has.mockReturnValueOnce(new Promise(() => {}));
      const waiting = seen();
      await jest.advanceTimersByTimeAsync(2_000);
      await waiting;
      expect(logger.warn).toHaveBeenCalledTimes(1);
      advance(5_000);
      await seen();
      expect(store.save).toHaveBeenCalledTimes(1);
    } finally {
      jest.useRealTimers();
    }
  });

  it('are taken at minting, of users who are there', async () => {
    const { snapshots, store } = setup();
    expect(await snapshots.taken(ALICE)).toBe(DECISIONS);
    expect(store.save).toHaveBeenCalledWith(
      'user:default/alice',
      expect.anything(),
      { create: true },
    );
    await snapshots.taken({ type: 'plugin', ref: 'plugin:nightly-report' });
    expect(store.save).toHaveBeenCalledTimes(1);
    store.save.mockRejectedValueOnce(new Error('down'));
    await expect(snapshots.taken(ALICE)).rejects.toThrow('down');
  });
});
