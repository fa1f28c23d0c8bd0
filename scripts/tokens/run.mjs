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

// Walks the whole life of every kind of managed token against a started backend, on SQLite and on PostgreSQL, by a clock that it
// moves, and looks for every secret of it in everything that the backend said and kept.
//   node scripts/tokens/run.mjs [--require-postgres]     on PostgreSQL too where BACKSTAGE_TEST_DATABASE_POSTGRES15_CONNECTION_STRING says where
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Checks } from '../packed/Checks.mjs';
import { connectionVariable } from '../postgres.mjs';
import { Caller } from './Caller.mjs';
import { PostgresDatabases, SqliteFiles } from './Databases.mjs';
import { KINDS } from './kinds.mjs';
import { walkBoundaries } from './lives/walkBoundaries.mjs';
import { walkLife } from './lives/walkLife.mjs';
import { walkOthers } from './lives/walkOthers.mjs';
import { checkTaint } from './taint.mjs';
import { TokenBackend } from './TokenBackend.mjs';
import { Witness } from './Witness.mjs';
import { writeWorkflows } from './workflows.mjs';

const DAY = 24 * 60 * 60 * 1_000;

/** @returns the config of the orchestrator */
function configOf(definitions, bootstrap) {
  const scopes = [
    'workflows:read',
    'workflows:execute',
    'instances:read',
    'tokens:read',
    'tokens:write',
  ];
  return {
    auth: {
      admins: ['group:default/platform-admins'],
      grants: {
        platform: { match: { group: 'group:default/platform' }, scopes },
        payments: {
          match: { group: 'group:default/payments' },
          scopes,
          workspaces: ['payments'],
        },
      },
      bootstrap: {
        token: bootstrap.token,
        scopes: [
          'workflows:read',
          'tokens:read',
          'tokens:write',
          'tokens:admin',
        ],
        expiresAt: new Date(bootstrap.expiresAt).toISOString(),
      },
      // All calls come from one address here, and a clock that stands still lets no window pass.
      rateLimit: { ip: { failures: 0 } },
    },
    engines: { embedded: { definitions: [definitions] } },
  };
}

async function runOn(makeDatabase, checks) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orchestrator-tokens-'));
  const database = makeDatabase(folder);
  const check = (name, work) => checks.check(`${database.name}: ${name}`, work);
  const failedBefore = checks.failed;
  const witness = new Witness();
  const now = Date.now();
  const bootstrap = {
    token: crypto.randomBytes(32).toString('hex'),
    expiresAt: now + DAY,
  };
  witness.keep('the bootstrap token', bootstrap.token);
  const definitions = path.join(folder, 'workflows');
  writeWorkflows(definitions);
  const backend = new TokenBackend({
    folder,
    database,
    witness,
    now,
    orchestrator: configOf(definitions, bootstrap),
  });
  const caller = new Caller(backend);
  try {
    await backend.start();
    for (const kind of KINDS) {
      const options = {
        kind,
        caller,
        backend,
        check: (name, work) => check(`a ${kind.kind} token ${name}`, work),
      };
      await walkLife(options);
      await walkBoundaries(options);
    }
    await walkOthers({ caller, backend, check, bootstrap });
    await checkTaint({ witness, backend, caller, database, check });
  } catch (error) {
    await check('the script', () => {
      throw error;
    });
  } finally {
    await backend.stop();
    await database.remove();
  }
  if (checks.failed === failedBefore) {
    fs.rmSync(folder, { recursive: true, force: true });
  } else {
    const log = path.join(folder, 'backend.log');
    fs.writeFileSync(log, backend.log);
    console.log(`The log is ${log}`);
  }
}

const connection = process.env[connectionVariable];
if (!connection && process.argv.includes('--require-postgres')) {
  throw new Error(`${connectionVariable} is not set`);
}
const checks = new Checks();
await runOn(folder => new SqliteFiles(folder), checks);
if (connection) {
  await runOn(() => new PostgresDatabases(connection), checks);
}
console.log(`${checks.passed} passed, ${checks.failed} failed`);
process.exitCode = checks.failed === 0 ? 0 : 1;
