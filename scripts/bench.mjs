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

// Measures the orchestrator and prints the results as tables.
//   yarn bench [--smoke] [--only callers,tokens,lists,execute,engine,waiting,sonataflow,storage]
//   --smoke runs everything once and briefly, to see that it runs
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChild } from './childProcess.mjs';
import { ensureInstalled } from './ensureInstalled.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

await ensureInstalled();
process.exitCode = await runChild(
  process.execPath,
  [
    '--expose-gc',
    ...['--require', '@backstage/cli/config/nodeTransform.cjs'],
    path.join(root, 'scripts/bench/main.ts'),
    ...process.argv.slice(2),
  ],
  { cwd: root, env: { ...process.env, NODE_ENV: 'production' } },
);
