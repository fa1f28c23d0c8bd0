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

// Three backends on one PostgreSQL take 200 runs on. One of them is killed in the middle of it; another is stopped in the middle of
// a transaction until others have taken its runs over, and then goes on. Everything is started over HTTP; that no process wrote
// what it no longer had is told by triggers in the database.
//   node scripts/postgres.mjs run -- node scripts/engine-replicas/run.mjs
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { Checks } from '../packed/Checks.mjs';
import { connectionVariable } from '../postgres.mjs';
import { Replica } from '../replicas/Replica.mjs';
import { checkCalls, checkRuns, checkWrites } from './aftermath.mjs';
import { Approver } from './Approver.mjs';
import { Fleet } from './Fleet.mjs';
import { Service } from './Service.mjs';
import { Witness } from './Witness.mjs';
import { callsOf, inputOf, PARENT, writeWorkflows } from './workflows.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
const RUNS = 200;
/** Runs that are started on the process that was stopped, once it goes on. */
const LATE_RUNS = 5;
const CALLS = RUNS * callsOf(0).length;
/** After what share of the calls a process is killed, and another stopped. */
const KILL_AFTER = 0.15;
const STOP_AFTER = 0.4;
/** How many runs the one that is killed has then, or had a moment before. */
const KILL_WITH = 5;
/** How many starts are under way at a time. */
const STARTS = 10;
/** How often it is tried to stop a process in the middle of a transaction. */
const STOP_TRIES = 200;
const WAIT_MS = 60_000;
const TOKEN = 'demo-only-ci-script-token';

async function until(what, holds) {
  const end = Date.now() + WAIT_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Waited in vain until ${what}`);
    await delay(25);
  }
}

/**
 * Starts runs, a few at a time. A start that is not answered is repeated with its key.
 *
 * @returns {Promise<Map<string, number>>} their numbers by id
 */
async function startRuns(fleet, first, count) {
  const runs = new Map();
  let next = first;
  await Promise.all(
    Array.from({ length: STARTS }, async () => {
      while (next < first + count) {
        const index = next;
        next += 1;
        const { id } = await fleet.call(
          'POST',
          `/v2/workflows/${PARENT}/execute`,
          { inputData: inputOf(index) },
          { 'Idempotency-Key': `start-${index}` },
        );
        runs.set(id, index);
      }
    }),
  );
  return runs;
}

/** Stops a process in the middle of a transaction, with its locks in place. */
async function pauseInTransaction(replica, witness) {
  for (let tries = 1; tries <= STOP_TRIES; tries += 1) {
    replica.pause();
    // What the server has of it is answered by then; what it waits for from the process does not come.
    await delay(5);
    if (await witness.isWriting(replica.name)) return tries;
    replica.resume();
    await delay(5);
  }
  throw new Error('It was never in the middle of a transaction');
}

async function dropDatabases(connectionString, prefix) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query(
      'select datname from pg_database where starts_with(datname, $1)',
      [prefix],
    );
    for (const { datname } of rows) {
      await client.query(`drop database "${datname}" with (force)`);
    }
  } finally {
    await client.end();
  }
}

const began = Date.now();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-replicas-'));
const prefix = `replicas_${crypto.randomBytes(6).toString('hex')}_`;
const url = process.env[connectionVariable];
const checks = new Checks();
const service = await Service.start();
const replicas = [];
let witness;
let approver;
let fleet;
try {
  if (!url) {
    throw new Error(
      `Run it by scripts/postgres.mjs, which sets ${connectionVariable}`,
    );
  }
  const definitions = path.join(folder, 'definitions');
  writeWorkflows(definitions, service.url);
  const startReplica = async name => {
    const replica = await Replica.start({
      name,
      root,
      folder,
      prefix,
      isProxied: false,
      database: new URL(url),
      orchestrator: {
        auth: {
          admins: ['user:default/carol'],
          grants: {
            script: {
              match: { external: 'ci-script' },
              scopes: [
                'workflows:execute',
                'instances:read',
                'instances:write',
              ],
            },
          },
        },
        engines: {
          embedded: { definitions: [definitions], egress: [service.url] },
        },
      },
    });
    replicas.push(replica);
    return replica;
  };
  // The first makes the databases and their tables, and is alone while the witness comes in.
  const one = await startReplica('one');
  const database = new URL(url);
  database.pathname = `/${prefix}orchestrator`;
  witness = await Witness.begin(database.href, one.name);
  const [two, three] = await Promise.all(['two', 'three'].map(startReplica));
  console.log(`three backends after ${Date.now() - began} ms`);

  fleet = new Fleet([one, two, three], TOKEN);
  approver = new Approver(fleet);
  service.onAsked(question => approver.ask(question));
  const starting = startRuns(fleet, 0, RUNS);
  // Waited for after the kill; until then nobody listens.
  starting.catch(() => {});
  let runs;

  const disturbed = new Map();
  await checks.check('a process is killed in the middle of runs', async () => {
    await until(
      'some calls are made',
      () => service.count >= CALLS * KILL_AFTER,
    );
    fleet.leave(two);
    await until(
      'it has runs',
      async () => (await witness.runsOf(two.name)).length >= KILL_WITH,
    );
    await two.kill();
    const left = await witness.runsOf(two.name);
    disturbed.set(two.name, { runs: left, at: Date.now() });
    console.log(
      `killed after ${service.count} of ${CALLS} calls, with ${left.length} runs`,
    );
    assert.ok(left.length > 0, 'it had no runs');
  });
  await checks.check('all starts are answered, one run each', async () => {
    runs = await starting;
    assert.equal(runs.size, RUNS);
  });

  await checks.check(
    'a process is stopped in the middle of a transaction',
    async () => {
      await until(
        'more calls are made',
        () => service.count >= CALLS * STOP_AFTER,
      );
      fleet.leave(three);
      const tries = await pauseInTransaction(three, witness);
      const left = await witness.runsOf(three.name);
      disturbed.set(three.name, { runs: left, at: Date.now() });
      console.log(
        `stopped at try ${tries}, after ${service.count} of ${CALLS} calls, with ${left.length} runs`,
      );
      assert.ok(left.length > 0, 'it had no runs');
      assert.ok((await witness.countRuns('ACTIVE')) > 0, 'all runs had ended');
    },
  );

  for (const lost of [two, three]) {
    await checks.check(
      `the runs of ${lost.name} are taken over by others`,
      async () => {
        const { at } = disturbed.get(lost.name);
        await until(
          'it has no runs',
          async () => (await witness.runsOf(lost.name)).length === 0,
        );
        console.log(
          `${await witness.takenFrom(lost.name)} runs were taken from ${
            lost.name
          }, the last ${Date.now() - at} ms after it was lost`,
        );
      },
    );
  }

  await checks.check(
    'the stopped process goes on and starts runs',
    async () => {
      three.resume();
      fleet.join(three);
      const late = await startRuns(new Fleet([three], TOKEN), RUNS, LATE_RUNS);
      late.forEach((index, id) => runs.set(id, index));
    },
  );

  await checks.check('all runs end', () =>
    until(
      'no run is active',
      async () => (await witness.countRuns('ACTIVE')) === 0,
    ),
  );
  await checks.check('every callback is answered', async () => {
    await approver.idle();
    assert.deepEqual(approver.faults, []);
  });
  await checkRuns(checks, { runs, witness, replicas: [one, three], TOKEN });
  await checkCalls(checks, { runs, witness, service, disturbed });
  await checkWrites(checks, witness);
} catch (error) {
  await checks.check('the script', () => {
    throw error;
  });
} finally {
  fleet?.end();
  for (const replica of replicas) {
    replica.resume();
    await replica.stop();
  }
  await witness?.end();
  await service.stop();
  if (url && checks.failed === 0) await dropDatabases(url, prefix);
}
if (checks.failed === 0) {
  fs.rmSync(folder, { recursive: true, force: true });
} else {
  console.log(
    `The configs and the logs are in ${folder}, the databases are those of ${prefix}`,
  );
}
console.log(`took ${Math.round((Date.now() - began) / 1000)} s`);
console.log(`${checks.passed} passed, ${checks.failed} failed`);
process.exitCode = checks.failed === 0 ? 0 : 1;
