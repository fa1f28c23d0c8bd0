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

import type { TestDatabaseId } from '@backstage/backend-test-utils';
import { randomUUID } from 'node:crypto';
import {
  type CrashableEngine,
  crashableEngine,
  type LastingDatabase,
  lastingDatabase,
} from '../__testUtils__/crashableEngine';
import { testDatabases } from '../__testUtils__/engines';
import { callsByKey } from '../__testUtils__/everything';
import { dieAt, type PointKind } from './__testUtils__/deaths';
import { featureCases } from './__testUtils__/featureCases';
import { FeatureExecution } from './__testUtils__/FeatureExecution';
import { faultsOf } from './__testUtils__/faultsOf';
import { FeatureServices } from './__testUtils__/FeatureServices';

/*
 * Every feature of the language with a crash at every point: after each change of a run that is stored, and after each call that is
 * sent and whose result is not. All features run side by side, so that each point costs one crash; each run stops at its own point.
 * Then another engine on the same database takes them to their ends, which must be the same as without a crash. What was recorded is
 * not called again; what was under way is, once more at most, with the same Idempotency-Key.
 */

const databases = testDatabases();

jest.setTimeout(600_000);

/** More points than any feature has: a matrix that gets here would not end. */
const MAX_POINTS = 100;

async function recordedKeys({ knex }: CrashableEngine): Promise<string[]> {
  const rows: { run_id: string; call_key: string }[] = await knex(
    'embedded_journal',
  );
  return rows.map(row => `${row.run_id}.${row.call_key}`);
}

describe.each(databases.eachSupportedId())(
  'a crash at every point, on %p',
  (databaseId: TestDatabaseId) => {
    let database: LastingDatabase;
    let services: FeatureServices;

    const open = async () => {
      const engine = await crashableEngine(database, {
        config: services.config,
        // Long enough for a busy machine.
        leaseMs: 30_000,
      });
      // What the dead one had is free at once, instead of when its time is over. A dead one takes nothing on either: the one before
      // did so with runs that had stopped, until it was ended.
      await engine.knex('embedded_owners').update({ lease_until: 0 });
      await engine.knex('embedded_leases').update({ lease_until: 0 });
      await engine.knex('embedded_runs').update({ attempts: 0 });
      await engine.engine.begin?.();
      return engine;
    };

    /** Lets all features run into a crash at a point of each, and go on after it; says what went wrong, and whose crash it was. */
    const crashAt = async (kind: PointKind, point: number) => {
      services.reset();
      const executions = featureCases.map(
        feature =>
          [feature, new FeatureExecution(feature, randomUUID())] as const,
      );
      const first = await open();
      const death = dieAt(kind, point, services.stub);
      const given = new AbortController();
      const driven = Promise.all(
        executions.map(([, execution]) =>
          execution
            .drive(first.engine, first.knex, given.signal)
            .then(() => execution.settled(first.engine, given.signal))
            // The engine dies under it.
            .catch(() => {}),
        ),
      );
      await Promise.race([driven, death.quiet()]);
      // Nobody asks for anything while its database is taken away from it.
      given.abort();
      await driven;
      const died = death.runs();
      await first.crash();
      death.restore();

      const second = await open();
      try {
        const recorded = await recordedKeys(second);
        const before = callsByKey(services.stub);
        const faults = await Promise.all(
          executions.map(async ([feature, execution]) => {
            await execution.drive(second.engine, second.knex);
            return faultsOf(feature, execution, second, services.stub);
          }),
        );
        const after = callsByKey(services.stub);
        return {
          died,
          faults: [
            ...faults.flat(),
            ...recorded
              .filter(key => after.get(key) !== before.get(key))
              .map(key => `${key} was recorded, and sent again`),
            ...[...after]
              .filter(([key, count]) => key !== 'undefined' && count > 2)
              .map(([key, count]) => `${key} was sent ${count} times`),
          ],
        };
      } finally {
        await second.close();
      }
    };

    beforeAll(async () => {
      services = await FeatureServices.start();
      database = await lastingDatabase(databases, databaseId);
    });

    afterAll(async () => {
      await database.close();
      await services.stop();
    });

    afterEach(() => jest.restoreAllMocks());

    it.each<[PointKind, number]>([
      ['commit', 5],
      ['call', 2],
    ])('changes nothing: after each %s', async (kind, atLeast) => {
      let point = 1;
      for (; point < MAX_POINTS; point += 1) {
        const { died, faults } = await crashAt(kind, point);
        expect({ point, faults }).toEqual({ point, faults: [] });
        if (died.size === 0) {
          break;
        }
      }
      // As many points as the longest of them has, at which it did die.
      expect(point).toBeGreaterThan(atLeast);
      expect(point).toBeLessThan(MAX_POINTS);
    });
  },
);
