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

// Kills the backend with SIGKILL in the middle of 50 runs, starts it again, and checks that nothing is lost and nothing that is
// recorded is done twice. Everything goes over HTTP, as callers see it; only the journal is read from the database.
//   node scripts/crash/run.mjs
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { startBackend } from '../e2e/backend.mjs';
import { Checks } from '../packed/Checks.mjs';
import { STEPS, writeWorkflow } from './workflow.mjs';
import { startStub } from './stub.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
const RUNS = 50;
const END_MS = 120_000;

/** The callers whose runs these are, and what they must show as their initiator. */
const CALLERS = [
  ['demo-only-ci-script-token', 'external:ci-script'],
  [undefined, 'user:default/carol'],
];

async function until(what, holds) {
  const end = Date.now() + END_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Waited in vain until ${what}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

async function signIn(baseUrl) {
  const response = await fetch(`${baseUrl}/api/auth/demo/refresh`, {
    headers: { 'x-demo-person': 'carol' },
  });
  return (await response.json()).backstageIdentity.token;
}

async function call(baseUrl, token, route, body) {
  const response = await fetch(
    `${baseUrl}/api/orchestrator/v2/workflows${route}`,
    {
      method: body ? 'POST' : 'GET',
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body ? { 'Content-Type': 'application/json' } : {}),
      },
      body: body && JSON.stringify(body),
    },
  );
  assert.equal(response.status, 200, `${route}: ${response.status}`);
  return response.json();
}

/** The keys of the calls whose results the engine has recorded. */
function journaledKeys(folder) {
  const database = new Database(path.join(folder, 'db/orchestrator.sqlite'), {
    readonly: true,
  });
  try {
    return database
      .prepare('select run_id, call_key from embedded_journal')
      .all()
      .map(row => `${row.run_id}.${row.call_key}`);
  } finally {
    database.close();
  }
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orchestrator-crash-'));
const checks = new Checks();
const stub = await startStub();
let backend;
try {
  writeWorkflow(path.join(folder, 'crash-workflows'), stub.url);
  const options = {
    root,
    folder,
    orchestrator: {
      auth: {
        admins: ['user:default/carol'],
        grants: {
          script: {
            match: { external: 'ci-script' },
            scopes: ['workflows:execute', 'instances:read'],
          },
        },
      },
      engines: {
        embedded: {
          definitions: [path.join(folder, 'crash-workflows')],
          egress: [stub.url],
        },
      },
    },
  };
  backend = await startBackend(options);
  const { baseUrl, port } = backend;
  const carol = await signIn(baseUrl);
  const started = await Promise.all(
    Array.from({ length: RUNS }, async (_, index) => {
      const [token = carol, initiator] = CALLERS[index % CALLERS.length];
      const { id } = await call(baseUrl, token, '/crash/execute', {
        inputData: { index },
      });
      return { id, initiator };
    }),
  );

  await until(
    'half of the calls are made',
    () => stub.count() >= (RUNS * STEPS) / 2,
  );
  await backend.kill();
  const before = journaledKeys(folder);
  const hitsBefore = stub.hits();
  await checks.check('the kill came in the middle of the runs', () => {
    assert.ok(before.length > 0, 'no call was recorded');
    assert.ok(before.length < RUNS * STEPS, 'all calls were recorded');
  });
  console.log(
    `killed with ${before.length} of ${
      RUNS * STEPS
    } calls recorded and ${stub.count()} made`,
  );

  backend = await startBackend({ ...options, port });
  const again = await signIn(baseUrl);
  const restarted = Date.now();
  const runs = new Map();
  await checks.check(`all ${RUNS} runs end`, () =>
    until('all runs have ended', async () => {
      const { items, totalCount } = await call(baseUrl, again, '/instances', {
        paginationInfo: { pageSize: 200, offset: 0 },
      });
      assert.equal(totalCount, RUNS);
      items.forEach(run => runs.set(run.id, run));
      return items.every(run => run.state === 'COMPLETED');
    }),
  );
  console.log(
    `all runs had ended ${
      Date.now() - restarted
    } ms after the sign-in to the new backend`,
  );

  await checks.check('every run has its initiator and all of its data', () => {
    for (const { id, initiator } of started) {
      assert.equal(runs.get(id)?.initiatorEntity, initiator);
      assert.equal(runs.get(id).workflowdata.steps.length, STEPS);
    }
  });
  await checks.check('no recorded call was made again', () => {
    const hits = stub.hits();
    for (const key of before) {
      assert.equal(
        hitsBefore.get(key),
        1,
        `${key} was made ${hitsBefore.get(key)} times before`,
      );
      assert.equal(hits.get(key), 1, `${key} was made ${hits.get(key)} times`);
    }
  });
  await checks.check(
    'a call in flight was sent again with the same key, and no other was made twice',
    () => {
      const hits = stub.hits();
      assert.equal(hits.size, RUNS * STEPS);
      const twice = [...hits].filter(([, count]) => count > 1);
      for (const [key, count] of twice) {
        assert.ok(
          count === 2 && hitsBefore.has(key),
          `${key} was made ${count} times`,
        );
      }
      console.log(
        `${twice.length} calls were in flight at the kill and sent again`,
      );
    },
  );
} catch (error) {
  await checks.check('the script', () => {
    throw error;
  });
} finally {
  await backend?.stop();
  await stub.stop();
}
if (checks.failed === 0) {
  fs.rmSync(folder, { recursive: true, force: true });
} else {
  console.log(`The database and the log are in ${folder}`);
}
console.log(`${checks.passed} passed, ${checks.failed} failed`);
process.exitCode = checks.failed === 0 ? 0 : 1;
