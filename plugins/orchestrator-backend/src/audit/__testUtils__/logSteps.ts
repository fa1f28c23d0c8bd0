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

import fc from 'fast-check';
import { AuditPruneStore } from '../../database/AuditPruneStore';
import { ENTRY, SELDOM, START, type AuditFixture } from './auditFixture';

/** Something that happens to the log. */
export type Step =
  | { kind: 'add'; texts: string[] }
  | { kind: 'open'; text: string }
  | { kind: 'settle' }
  | { kind: 'count'; key: string; count: number }
  | { kind: 'wait'; milliseconds: number }
  | { kind: 'seal'; limit: number; checkpoint: boolean }
  | { kind: 'prune' };

const text = fc.oneof(
  fc.string({ maxLength: 20, unit: 'binary' }),
  fc.constantFrom('', '","', '\0', '\ud800', 'ä\u0301', '\n', "'; --"),
);

/** Any step. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    texts: fc.array(text, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('open' as const), text }),
  fc.record({ kind: fc.constant('settle' as const) }),
  fc.record({
    kind: fc.constant('count' as const),
    key: fc.constantFrom('a', 'b'),
    count: fc.integer({ min: 1, max: 1_000_000 }),
  }),
  fc.record({
    kind: fc.constant('wait' as const),
    milliseconds: fc.integer({ min: 1, max: 200 }),
  }),
  fc.record({
    kind: fc.constant('seal' as const),
    limit: fc.integer({ min: 1, max: 4 }),
    checkpoint: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('prune' as const) }),
);

/** Does the steps. @returns how many rows were deleted for their age */
export async function play(log: AuditFixture, steps: readonly Step[]) {
  const clock = { now: START };
  let events = 0;
  let deleted = 0;
  const open: string[] = [];
  for (const one of steps) {
    clock.now += 1;
    switch (one.kind) {
      case 'add':
        await log.database.transaction(trx =>
          log.store.addAll(
            trx,
            one.texts.map(word => ({ ...ENTRY, actor: word, meta: { word } })),
            clock.now,
          ),
        );
        events += one.texts.length;
        break;
      case 'open': {
        const { outcome, ...entry } = ENTRY;
        const key = `open-${events}`;
        await log.database.transaction(trx =>
          log.store.open(
            trx,
            { ...entry, workflowId: one.text },
            { key, until: clock.now + 100 },
            clock.now,
          ),
        );
        open.push(key);
        events += 1;
        break;
      }
      case 'settle': {
        const key = open.pop();
        if (!key) break;
        await log.database.transaction(trx =>
          log.store.settle(trx, key, { outcome: 'succeeded' }),
        );
        break;
      }
      case 'count':
        await log.counts.add([
          {
            key: one.key,
            entry: { ...ENTRY, event: 'auth.denied', outcome: 'denied' },
            at: clock.now,
            count: one.count,
            until: clock.now + 50,
          },
        ]);
        break;
      case 'wait':
        clock.now += one.milliseconds;
        break;
      case 'seal':
        await log.sealer.seal(
          clock.now,
          one.checkpoint ? { rows: 1, interval: 0 } : SELDOM,
          one.limit,
        );
        break;
      default: {
        const pruned = await new AuditPruneStore(log.database).prune(
          clock.now,
          2,
        );
        deleted += pruned?.deleted.length ?? 0;
      }
    }
  }
  clock.now += 1_000;
  await log.sealAll(clock.now);
  return { deleted };
}
