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
import { TokenChangeStore } from '../database/TokenChangeStore';
import { TokenNotifications } from '../database/TokenNotifications';
import { TokenRecordStore } from '../database/TokenRecordStore';
import { AddressSlots } from '../limits/AddressSlots';
import { TokenFeed } from './TokenFeed';
import { TokenPrincipals } from './TokenPrincipals';
import { TokenRegistry } from './TokenRegistry';
import { UseStamps } from './UseStamps';

/** What a replica knows of managed tokens, and how it learns that it knows too little. */
export interface TokenMemory {
  readonly changes: TokenChangeStore;
  readonly records: TokenRecordStore;
  readonly principals: TokenPrincipals;
  readonly stamps: UseStamps;
  /** Starts the background work; called once. */
  begin(): void;
  /** Writes what is counted, and ends the background work. */
  stop(): Promise<void>;
}

/** Makes the memory of managed tokens. */
export function createTokenMemory(options: {
  readonly database: IndexDatabase;
  readonly logger: LoggerService;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}): TokenMemory {
  const { database, logger, now } = options;
  const changes = new TokenChangeStore(database);
  const records = new TokenRecordStore(database);
  const feed = new TokenFeed({ source: changes, logger });
  const notifications = new TokenNotifications({
    database,
    logger,
    onNotified: () => feed.wake(),
  });
  const registry = new TokenRegistry({
    records,
    feed,
    slots: new AddressSlots(),
  });
  const stamps = new UseStamps({ store: records, logger, now });
  return {
    changes,
    records,
    principals: new TokenPrincipals({ registry, now }),
    stamps,
    begin() {
      feed.begin();
      if (database.isPostgres) notifications.begin();
      stamps.begin();
    },
    async stop() {
      await Promise.all([notifications.stop(), feed.stop(), stamps.stop()]);
    },
  };
}
