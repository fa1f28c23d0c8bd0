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

import type { LoggerService } from '@backstage/backend-plugin-api';
import type { IndexDatabase } from '../database/IndexDatabase';
import type {
  TokenChangeListener,
  TokenChangeStore,
} from '../database/TokenChangeStore';
import { TokenNotifications } from '../database/TokenNotifications';
import { TokenRecordStore } from '../database/TokenRecordStore';
import { AddressSlots } from '../limits/AddressSlots';
import type { TokenMetrics } from '../metrics/TokenMetrics';
import { TokenFeed } from './TokenFeed';
import { TokenPrincipals } from './TokenPrincipals';
import { TokenRegistry } from './TokenRegistry';
import { UseStamps } from './UseStamps';

/** What lets managed tokens in, with the work in the background that it needs. */
export interface TokenSource {
  readonly principals: TokenPrincipals;
  readonly registry: TokenRegistry;
  readonly stamps: UseStamps;
  /** Calls the listener with what has changed of tokens; returns what ends that. */
  onChanges(listener: TokenChangeListener): () => void;
  /** Begins to follow the changes that other replicas make. Until then, every token is looked up in the database. */
  begin(): void;
  /** Ends the work in the background, and writes what was counted. */
  stop(): Promise<void>;
}

/**
 * Puts together what lets managed tokens in.
 *
 * @param options - `changes`: the store through which this process announces what it changes itself; `now`: the time of day,
 * milliseconds since the epoch
 */
export function createTokenSource(options: {
  database: IndexDatabase;
  changes: TokenChangeStore;
  metrics: TokenMetrics;
  logger: LoggerService;
  now: () => number;
}): TokenSource {
  const { database, changes, metrics, logger, now } = options;
  const records = new TokenRecordStore(database);
  const feed = new TokenFeed({ source: changes, metrics, logger });
  const notifications = new TokenNotifications({
    database,
    logger,
    onNotified: subjects => feed.wake(subjects),
  });
  const registry = new TokenRegistry({
    records,
    feed,
    slots: new AddressSlots(),
    metrics,
  });
  const stamps = new UseStamps({ store: records, logger, now });
  return {
    principals: new TokenPrincipals({ registry, now }),
    registry,
    stamps,
    onChanges: listener => feed.onChanges(listener),
    begin() {
      feed.begin();
      notifications.begin();
      stamps.begin();
    },
    async stop() {
      await Promise.all([notifications.stop(), feed.stop(), stamps.stop()]);
    },
  };
}
