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

// Says of each workflow definition in a folder whether the embedded engine can run it.
//   node scripts/definitions.mjs check <folder> [--config <file>]... [--workspace <name>]
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChild } from './childProcess.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const [command, ...args] = process.argv.slice(2);

if (command === 'check') {
  process.exitCode = await runChild(process.execPath, [
    path.join(
      root,
      'plugins/orchestrator-backend-module-embedded-engine/bin/orchestrator-check-definitions.js',
    ),
    ...args,
  ]);
} else {
  console.error('Usage: yarn definitions check <folder> [--config <file>]...');
  process.exitCode = 2;
}
