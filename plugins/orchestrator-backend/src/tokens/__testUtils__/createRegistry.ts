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

import type {
  TokenChangeListener,
  TokenSubject,
} from '../../database/TokenChangeStore';
import { OrchestratorError } from '../../errors/OrchestratorError';
import { AddressSlots } from '../../limits/AddressSlots';
import type { StoredToken, TokenRecord } from '../StoredToken';
import { TokenRegistry } from '../TokenRegistry';
import { someSecret, someToken } from './someTokens';

function recordOf(token: StoredToken): TokenRecord {
  return { token, secrets: [someSecret(token)] };
}

/** A registry over a database and a feed that are not there, with one token, `tokenNumber1`. Two look-ups of an address go on at a time. */
export function createRegistry(
  options: { maxTokens?: number; lookupMs?: number } = {},
) {
  const tokens = new Map([['tokenNumber1', someToken()]]);
  const time = { now: 0 };
  const feed = {
    fresh: true,
    isFresh: () => feed.fresh,
    listeners: [] as TokenChangeListener[],
    onChanges(listener: TokenChangeListener) {
      feed.listeners.push(listener);
      return () => {};
    },
    tell: (...subjects: TokenSubject[]) =>
      feed.listeners.forEach(listener => listener(subjects)),
  };
  /** The queries that were asked and have not answered; each read its answer when it was asked. */
  const waiting: (() => void)[] = [];
  const database = {
    asked: [] as string[],
    isSlow: false,
    isGone: false,
    async find(id: string): Promise<TokenRecord | undefined> {
      database.asked.push(id);
      if (database.isGone) {
        throw new OrchestratorError('service.unavailable', 'gone');
      }
      const token = tokens.get(id);
      const record = token && recordOf(token);
      if (database.isSlow) {
        await new Promise<void>(resolve => waiting.push(resolve));
      }
      return record;
    },
    /** Lets all queries answer, and those that they make others ask. */
    async answer() {
      while (waiting.length > 0) {
        waiting.splice(0).forEach(resolve => resolve());
        await settled();
      }
    },
  };
  const metrics = { tokenLookup: jest.fn() };
  const registry = new TokenRegistry({
    records: database,
    feed,
    slots: new AddressSlots({ slots: 2 }),
    metrics,
    clock: () => time.now,
    ...options,
  });
  return { registry, database, feed, time, tokens, metrics };
}

/** Lets everything happen that waits for nothing outside. */
export async function settled(): Promise<void> {
  await new Promise(resolve => {
    setImmediate(resolve);
  });
}
