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

// Writes the reports of the packages' public API and of their database tables.
//   node scripts/api-reports.mjs [--ci]     --ci writes nothing and fails where a report is not current
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChild } from './childProcess.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const binary = name => path.join(root, 'node_modules/.bin', name);

// Not `api-reports --tsc`, which needs a yarn on the PATH.
const compiled = await runChild(binary('tsc'), [], { cwd: root });
process.exitCode =
  compiled ||
  (await runChild(
    binary('backstage-repo-tools'),
    [
      'api-reports',
      '--sql-reports',
      '--validate-release-tags',
      // Members that say what they are by their name need no comment; what is exported does.
      ...['--omit-messages', 'ae-undocumented,ae-wrong-input-file-type'],
      ...process.argv.slice(2),
    ],
    { cwd: root },
  ));
