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

import { TestDatabases } from '@backstage/backend-test-utils';
import fc from 'fast-check';
import createKnex, { type Knex } from 'knex';
import { OrchestratorError } from '../errors/OrchestratorError';
import {
  admin,
  callerAccess,
  createTokenFixture,
} from './__testUtils__/tokenFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(180_000);

const alice = callerAccess();

type Gate = () => Promise<unknown>;

/** Lets each statement of a pool of its own pass a gate first, those that begin and end transactions as well. */
function gatedKnex(base: Knex, gate: { pass: Gate }): Knex {
  return createKnex({
    client: 'pg',
    connection: base.client.connectionSettings,
    pool: {
      min: 0,
      max: 12,
      afterCreate(
        connection: { query: (...args: unknown[]) => unknown },
        done: (error: null, connection: unknown) => void,
      ) {
        const query = connection.query.bind(connection);
        connection.query = (...args) =>
          gate.pass().then(() => query(...args)) as unknown;
        done(null, connection);
      },
    },
  });
}

const operationArbitrary = fc.record({
  replica: fc.constantFrom(0, 1),
  does: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('rotate', 'rename', 'stamp') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('revoke', 'revokeAll', 'revokeBySecret'),
    },
  ),
});

const databases = TestDatabases.create({ ids: ['POSTGRES_15'] });
// Where there is no PostgreSQL, there are no two connections to interleave.
const onPostgres = databases.supports('POSTGRES_15') ? describe : describe.skip;

onPostgres('a revoked token on PostgreSQL', () => {
  const opened: Knex[] = [];
  afterAll(() => Promise.all(opened.map(knex => knex.destroy())));

  it('stays revoked, however its revocation comes between whatever else is done to it on two replicas', async () => {
    const base = await databases.init('POSTGRES_15');
    const gate: { pass: Gate } = { pass: async () => {} };
    const replicas: Awaited<ReturnType<typeof createTokenFixture>>[] = [];
    for (let index = 0; index < 2; index += 1) {
      const knex = gatedKnex(base, gate);
      opened.push(knex);
      replicas.push(await createTokenFixture(knex));
    }
    // Rows of one token are written under the lock of its row: their order is that of the changes.
    await base.raw(
      'alter table orchestrator_audit add column written bigserial',
    );
    const [first] = replicas;
    const { minter } = first;
    let names = 0;
    let tries = 0;
    let rotations = 0;

    const act = async (
      { replica, does }: { replica: number; does: string },
      { id, secret }: { id: string; secret: string },
    ): Promise<unknown> => {
      const { rotator, renamer, revoker, records } = replicas[replica];
      names += 1;
      switch (does) {
        case 'rotate':
          return rotator.rotate(alice, id, {});
        case 'rename':
          return renamer.rename(alice, id, { name: `Renamed ${names}` });
        case 'stamp':
          return records.stamp([{ tokenId: id, count: 1, at: 1 }], 30_000);
        case 'revokeAll':
          return revoker.revokeAll(alice, { reason: 'all' });
        case 'revokeBySecret':
          return revoker.revokeBySecret(alice, secret);
        default:
          return revoker.revoke(admin, id, `by replica ${replica}`);
      }
    };
    const outcome = (operation: Promise<unknown>) =>
      operation.then(
        () => 'ok',
        error => {
          expect(error).toBeInstanceOf(OrchestratorError);
          return (error as OrchestratorError).code;
        },
      );

    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(operationArbitrary, { minLength: 1, maxLength: 5 }),
        fc.record({
          replica: fc.constantFrom(0, 1),
          // A rotation has more statements than a revocation, and would nearly always come second.
          delay: fc.integer({ min: 0, max: 40 }),
        }),
        async (scheduler, operations, { replica, delay }) => {
          tries += 1;
          const { token, secret } = await minter.create(alice, {
            kind: 'personal',
            name: `Try ${tries}`,
            scopes: ['workflows:read'],
          });
          const target = { id: token.id, secret };

          gate.pass = () => scheduler.schedule(Promise.resolve());
          const revoke = async () => {
            for (let turn = 0; turn < delay; turn += 1) await gate.pass();
            return act({ replica, does: 'revoke' }, target);
          };
          const all = [
            ...operations.map(one => act(one, target)),
            revoke(),
          ].map(outcome);
          let outcomes: string[];
          try {
            outcomes = await scheduler.waitFor(Promise.all(all));
          } finally {
            gate.pass = async () => {};
          }
          operations.forEach(({ does }, index) => {
            const allowed = ['rotate', 'rename'].includes(does)
              ? ['ok', 'token.conflict']
              : ['ok'];
            expect(allowed).toContain(outcomes[index]);
          });
          expect(outcomes.at(-1)).toBe('ok');

          const after = await first.stored({ token });
          expect(after.token.revokedAt).toBeDefined();
          const done = operations.filter(
            ({ does }, index) => does === 'rotate' && outcomes[index] === 'ok',
          ).length;
          rotations += done;
          expect(after.token.version).toBe(1 + done);
          expect(after.secrets).toHaveLength(1 + done);
          // It was the last that was done.
          const events: string[] = await base('orchestrator_audit')
            .where({ token_id: token.id })
            .orderBy('written')
            .pluck('event');
          expect(events.indexOf('token.revoked')).toBe(events.length - 1);

          // Nothing brings it back, and nothing touches who ended it.
          for (const { does } of operations) {
            const late = await outcome(act({ replica: 1, does }, target));
            const isLate = ['rotate', 'rename'].includes(does);
            expect(late).toBe(isLate ? 'token.conflict' : 'ok');
          }
          const later = await first.stored({ token });
          expect(later).toEqual({
            ...after,
            token: {
              ...after.token,
              useCount: later.token.useCount,
              lastUsedAt: later.token.lastUsedAt,
            },
          });
        },
      ),
      { numRuns: 100 },
    );
    // Where the revocation always came first, nothing was interleaved.
    expect(rotations).toBeGreaterThan(0);
  });
});
