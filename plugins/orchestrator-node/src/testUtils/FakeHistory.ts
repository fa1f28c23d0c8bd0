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

import { InputError } from '@backstage/errors';
import type {
  EngineCall,
  EngineRunEvents,
  EngineRunHistory,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { FakeStorage } from './FakeStorage';
import type { FakeTroubles } from './FakeTroubles';

const UNDER_WAY = ['PENDING', 'ACTIVE', 'SUSPENDED'];

/** What a fake engine tells of its runs. */
export class FakeHistory implements EngineRunHistory {
  readonly #storage: FakeStorage;
  readonly #troubles: FakeTroubles;

  constructor(storage: FakeStorage, troubles: FakeTroubles) {
    this.#storage = storage;
    this.#troubles = troubles;
  }

  async read(
    runId: string,
    after: string | undefined,
    call: EngineCall & { readonly limit: number },
  ): Promise<EngineRunEvents | undefined> {
    return this.#troubles.around('readHistory', call, () => {
      const stored = this.#storage.runs.get(runId);
      if (!stored) return undefined;
      const from = Number(after ?? 0);
      const isPlace = after === undefined || /^\d{1,15}$/.test(after);
      if (!isPlace || from > stored.history.length) {
        throw new InputError('There is no such event');
      }
      const events = stored.history.slice(from, from + call.limit);
      const isWhole = from + events.length >= stored.history.length;
      return {
        events,
        ended: isWhole && !UNDER_WAY.includes(stored.run.state),
      };
    });
  }

  async heads(
    runIds: readonly string[],
    call: EngineCall,
  ): Promise<ReadonlyMap<string, string>> {
    return this.#troubles.around('heads', call, () => {
      const heads = new Map<string, string>();
      for (const id of runIds) {
        const stored = this.#storage.runs.get(id);
        if (stored) heads.set(id, String(stored.history.length));
      }
      return heads;
    });
  }
}
