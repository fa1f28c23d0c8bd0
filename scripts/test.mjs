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

// Runs the tests of all packages and ends with the line "N passed, N failed".
//   npm test [-- --require-postgres] [-- <arguments for jest>]
//   --require-postgres fails where no test ran on PostgreSQL
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChild } from './childProcess.mjs';
import { ensureInstalled } from './ensureInstalled.mjs';
import { connectionVariable } from './postgres.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

/** The files of tests that ran on one database and those that ran on the other, by the names of the tests. */
function databasesOf(results) {
  const filesWith = id =>
    results.testResults
      .filter(({ assertionResults }) =>
        assertionResults.some(
          ({ fullName, status }) =>
            fullName.includes(id) && ['passed', 'failed'].includes(status),
        ),
      )
      .map(({ name }) => path.relative(root, name));
  return { sqlite: filesWith('SQLITE_3'), postgres: filesWith('POSTGRES_15') };
}

/** Lines that name what the suite holds but this run left out. */
function notRun(results) {
  const lines = [];
  const { sqlite, postgres } = databasesOf(results);
  const onlySqlite = sqlite.filter(file => !postgres.includes(file));
  if (onlySqlite.length) {
    lines.push(
      'Not run on PostgreSQL, since no server is named in',
      `${connectionVariable}`,
      '(node scripts/postgres.mjs run -- npm test starts one):',
      ...onlySqlite.map(file => `  ${file}`),
    );
  }
  const skipped = results.numPendingTests + results.numTodoTests;
  if (skipped) lines.push(`Skipped by the tests themselves: ${skipped}`);
  return lines;
}

async function runJest(args) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orchestrator-test-'));
  const outputFile = path.join(folder, 'results.json');
  try {
    const code = await runChild(
      process.execPath,
      [
        path.join(root, 'node_modules/@backstage/cli/bin/backstage-cli'),
        ...['repo', 'test', '--watchAll=false'],
        // A busy machine takes its time; what hangs still fails.
        '--testTimeout=60000',
        ...['--json', `--outputFile=${outputFile}`],
        ...args,
      ],
      { cwd: root },
    );
    const results = fs.existsSync(outputFile)
      ? JSON.parse(fs.readFileSync(outputFile, 'utf8'))
      : undefined;
    return { code, results };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function main(args) {
  await ensureInstalled();
  const requirePostgres = args.includes('--require-postgres');
  const { code, results } = await runJest(
    args.filter(arg => arg !== '--require-postgres'),
  );
  if (!results) {
    // Interrupted, or jest refused its arguments: there is nothing to sum up.
    console.error('The tests did not run to their end.');
    return code || 1;
  }
  // A file that does not compile has no tests to count, yet it failed.
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const nothing = results.numTotalTests === 0;
  const withoutPostgres =
    requirePostgres && databasesOf(results).postgres.length === 0;

  console.log();
  notRun(results).forEach(line => console.log(line));
  if (nothing) console.log('No test was found.');
  if (withoutPostgres) console.log('No test ran on PostgreSQL.');
  console.log(`${results.numPassedTests} passed, ${failed} failed`);
  const bad = failed || nothing || withoutPostgres || !results.success;
  return code || (bad ? 1 : 0);
}

process.exitCode = await main(process.argv.slice(2));
