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

// Three backends on one PostgreSQL: how long a token that was revoked on one of them is let in anywhere, with notifications,
// without them, and with the database out of reach. Everything goes over HTTP, as callers see it.
//   node scripts/postgres.mjs run -- node scripts/replicas/run.mjs
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Checks } from '../packed/Checks.mjs';
import { connectionVariable } from '../postgres.mjs';
import { Replica } from './Replica.mjs';
import { Users } from './Users.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
const NAMES = ['one', 'two', 'three'];

/** How many revocations are measured, and what must hold of the time from their answers to the last acceptance; milliseconds. */
const WITH_NOTIFICATIONS = { count: 200, p99: 250, max: 1_000 };
const WITHOUT_NOTIFICATIONS = { count: 40, max: 3_000 };

/** For how long a replica believes its memory that does not reach the database; milliseconds. */
const BOUND_MS = 2_000;
/** What a request that was let in at the last moment may still take to be answered. */
const ANSWER_MS = 500;

/** How often the token is used whose uses are counted. */
const USES = 50;

/** After so many refusals in a row by every replica, a token counts as refused for good. */
const REFUSALS = 5;
const WAIT_MS = 30_000;

async function until(what, holds) {
  const end = Date.now() + WAIT_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Waited in vain until ${what}`);
    await delay(10);
  }
}

/** Makes a service token; those are the ones whose every use needs nothing but the plugin's own database. */
async function mint(replica, admin, name) {
  const { status, body } = await replica.call(admin, 'POST', '/v2/tokens', {
    kind: 'service',
    name,
    scopes: ['workflows:read'],
  });
  assert.equal(status, 201, JSON.stringify(body));
  return { id: body.token.id, secret: body.secret };
}

async function revoke(replica, admin, id) {
  const route = `/v2/tokens/${id}/revoke`;
  const { status, body } = await replica.call(admin, 'POST', route, {});
  assert.equal(status, 200, JSON.stringify(body));
  return performance.now();
}

async function usersOf(replicas, secret) {
  const users = new Users(replicas, secret);
  await until('every replica lets the token in', () =>
    users.accepted.every(count => count >= 2),
  );
  return users;
}

/** @returns {Promise<number[]>} the milliseconds from each revocation's answer to the last acceptance anywhere, in order */
async function measure(replicas, admin, label, count) {
  const times = [];
  for (let index = 0; index < count; index += 1) {
    const replica = replicas[index % replicas.length];
    const { id, secret } = await mint(replica, admin, `${label} ${index}`);
    const users = await usersOf(replicas, secret);
    const revokedAt = await revoke(replica, admin, id);
    await until('every replica refuses the token', () =>
      users.refusedInARow.every(refused => refused >= REFUSALS),
    );
    await users.stop();
    assert.deepEqual(Object.keys(users.refusals), ['401 auth.token_revoked']);
    times.push(Math.max(0, users.acceptedAt - revokedAt));
  }
  return times.sort((a, b) => a - b);
}

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length, Math.ceil(sorted.length * share)) - 1];
}

function describe(label, times) {
  const [p50, p99, max] = [0.5, 0.99, 1].map(share =>
    Math.round(quantile(times, share)),
  );
  console.log(
    `${label}: ${times.length} revocations, last acceptance after p50 ${p50} ms, p99 ${p99} ms, at most ${max} ms`,
  );
}

function notifications(replicas, kind) {
  return replicas.reduce(
    (sum, { proxy }) => sum + proxy.notifications[kind],
    0,
  );
}

/**
 * Takes the database away from some replicas, revokes a token on one that still has it, and says when the others let it in last.
 *
 * @returns {Promise<number>} milliseconds from the loss of the database
 */
async function loseDatabase(replicas, lost, mode, admin) {
  const { id, secret } = await mint(
    replicas[0],
    admin,
    `${mode} ${lost.length}`,
  );
  const users = await usersOf(lost, secret);
  const [before] = users.accepted;
  for (const { proxy } of lost) proxy.set(mode);
  const lostAt = performance.now();
  try {
    const [reachable] = replicas.filter(replica => !lost.includes(replica));
    if (reachable) await revoke(reachable, admin, id);
    await until('it is refused', () =>
      users.refusedInARow.every(refused => refused >= 2),
    );
    await users.stop();
    assert.ok(users.accepted[0] > before, 'it was not in memory');
    assert.deepEqual(Object.keys(users.refusals), ['503 service.unavailable']);
  } finally {
    for (const { proxy } of lost) proxy.set('open');
  }
  return users.acceptedAt - lostAt;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orchestrator-replicas-'));
const checks = new Checks();
const replicas = [];
try {
  const url = process.env[connectionVariable];
  if (!url) {
    throw new Error(
      `Run it by scripts/postgres.mjs, which sets ${connectionVariable}`,
    );
  }
  for (const name of NAMES) {
    // One after the other: the first makes the databases and their tables.
    replicas.push(
      await Replica.start({
        name,
        root,
        folder,
        database: new URL(url),
        orchestrator: {
          auth: {
            admins: ['user:default/carol'],
            // Every revoked token is tried on purpose until it is refused.
            rateLimit: { ip: { failures: 0 }, identity: { failures: 0 } },
          },
          engines: { embedded: { definitions: [] } },
        },
      }),
    );
  }
  const [first] = replicas;
  const admin = await first.signIn('carol');

  await checks.check('a revocation reaches every replica at once', async () => {
    const { count, p99, max } = WITH_NOTIFICATIONS;
    const times = await measure(replicas, admin, 'told', count);
    describe('with notifications', times);
    assert.ok(notifications(replicas, 'passed') >= count * NAMES.length);
    assert.ok(quantile(times, 0.99) <= p99, `p99 is above ${p99} ms`);
    assert.ok(times.at(-1) <= max, `one took more than ${max} ms`);
  });

  await checks.check('a revocation arrives without notifications', async () => {
    const { count, max } = WITHOUT_NOTIFICATIONS;
    const before = notifications(replicas, 'passed');
    replicas.forEach(({ proxy }) => proxy.set('deaf'));
    try {
      const times = await measure(replicas, admin, 'untold', count);
      describe('without notifications', times);
      assert.equal(notifications(replicas, 'passed'), before);
      assert.ok(notifications(replicas, 'swallowed') >= count * NAMES.length);
      assert.ok(times.at(-1) <= max, `one took more than ${max} ms`);
    } finally {
      replicas.forEach(({ proxy }) => proxy.set('open'));
    }
  });

  for (const [what, lost, mode] of [
    ['one replica cannot reach the database, and is not told so', 1, 'mute'],
    ['one replica loses its connections to the database', 1, 'gone'],
    ['the database answers nobody', NAMES.length, 'mute'],
    ['the database is gone', NAMES.length, 'gone'],
  ]) {
    await checks.check(
      `no token is let in ${BOUND_MS} ms after ${what}`,
      async () => {
        const ms = await loseDatabase(
          replicas,
          replicas.slice(-lost),
          mode,
          admin,
        );
        console.log(`${what}: last acceptance after ${Math.round(ms)} ms`);
        assert.ok(ms <= BOUND_MS + ANSWER_MS);
      },
    );
    await checks.check(`tokens are let in again after that`, async () => {
      await until('every replica serves', async () => {
        const answers = await Promise.all(
          replicas.map(replica => replica.use(admin)),
        );
        return answers.every(({ status }) => status === 200);
      });
      await until('a token can be made', async () => {
        const answer = await first.call(admin, 'GET', '/v2/tokens');
        return answer.status === 200;
      });
      const { secret } = await mint(first, admin, `after ${lost} ${mode}`);
      await until('it is let in everywhere', async () => {
        const answers = await Promise.all(
          replicas.map(replica => replica.use(secret)),
        );
        return answers.every(({ status }) => status === 200);
      });
    });
  }

  await checks.check('a replica that ends has counted every use', async () => {
    const last = replicas.pop();
    const { id, secret } = await mint(first, admin, 'counted');
    for (let use = 0; use < USES; use += 1) {
      assert.equal((await last.use(secret)).status, 200);
    }
    await last.stop();
    const { body } = await first.call(admin, 'GET', `/v2/tokens/${id}`);
    assert.equal(body.useCount, USES);
    assert.equal(body.lastUsedFrom, '127.0.0.1');
  });
} catch (error) {
  await checks.check('the script', () => {
    throw error;
  });
} finally {
  for (const replica of replicas) await replica.stop();
}
if (checks.failed === 0) {
  fs.rmSync(folder, { recursive: true, force: true });
} else {
  console.log(`The configs and the logs are in ${folder}`);
}
console.log(`${checks.passed} passed, ${checks.failed} failed`);
process.exitCode = checks.failed === 0 ? 0 : 1;
