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

// Tests the demo portal in Chromium, on a backend of its own with a database of its own.
//   node scripts/e2e/run.mjs [part of a test's name]
// Needs Chromium: $CHROMIUM, or `chromium` on the PATH.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChild } from '../childProcess.mjs';
import { ensureInstalled } from '../ensureInstalled.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
const only = process.argv[2];

await ensureInstalled();
// These stand on the dependencies.
const { startBackend } = await import('./backend.mjs');
const { launchBrowser } = await import('./browser.mjs');
const { tests } = await import('./tests/index.mjs');

const cli = path.join(root, 'node_modules/@backstage/cli/bin/backstage-cli');
const buildCode = await runChild(process.execPath, [cli, 'package', 'build'], {
  cwd: path.join(root, 'packages/app'),
  stdio: ['ignore', 'ignore', 'inherit'],
});
if (buildCode !== 0) process.exit(buildCode);

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orchestrator-e2e-'));
let backend;
let browser;
let passed = 0;
let failed = 0;
let ending;

/** Ends all that was started, once. */
function end() {
  ending ??= (async () => {
    await browser?.close();
    await backend?.stop();
  })();
  return ending;
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => end().then(() => process.exit(1)));
}

try {
  backend = await startBackend({ root, folder });
  browser = await launchBrowser(folder);
  for (const test of tests) {
    if (only && !test.name.includes(only)) continue;
    const startedAt = Date.now();
    const session = browser.session(backend.baseUrl);
    try {
      await test.run({ ...session, baseUrl: backend.baseUrl });
      session.assertNoComplaints();
      passed += 1;
      console.log(`✓ ${test.name} (${Date.now() - startedAt} ms)`);
    } catch (error) {
      failed += 1;
      console.log(`✗ ${test.name}\n  ${error.stack.replaceAll('\n', '\n  ')}`);
      for (const file of await session.screenshots(test.name)) {
        console.log(`  Screenshot: ${file}`);
      }
    } finally {
      await session.close();
    }
  }
} catch (error) {
  failed += 1;
  console.error(error);
} finally {
  await end();
}
if (failed === 0) fs.rmSync(folder, { recursive: true });
else console.log(`The log of the backend: ${path.join(folder, 'backend.log')}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
