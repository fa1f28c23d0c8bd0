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

// Packs the published packages into a folder, for an app outside this workspace, and prints what its package.json takes.
//   node scripts/packed/pack.mjs FOLDER
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from '../ensureInstalled.mjs';
import { packAll } from './tarballs.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
const [folder] = process.argv.slice(2);

if (!folder) {
  console.error('Usage: node scripts/packed/pack.mjs FOLDER');
  process.exit(2);
}
const target = path.resolve(folder);
await ensureInstalled();
fs.mkdirSync(target, { recursive: true });
const tarballs = await packAll(root, target);
const entries = [...tarballs].map(([name, tarball]) => [
  name,
  `file:${tarball}`,
]);
console.log(
  `\nUnder "resolutions" of the root package.json of your app:\n${JSON.stringify(
    Object.fromEntries(entries),
    null,
    2,
  )}`,
);
