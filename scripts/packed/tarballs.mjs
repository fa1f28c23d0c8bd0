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

// Builds the published packages and packs them as they would go to the registry.
import fs from 'node:fs';
import path from 'node:path';
import { runChild } from '../childProcess.mjs';
import { yarn } from '../ensureInstalled.mjs';

/**
 * The packages that are published: every one under plugins/.
 *
 * @param {string} root - the workspace
 * @returns {{ name: string, version: string, folder: string }[]}
 */
export function publishedPackages(root) {
  return fs
    .readdirSync(path.join(root, 'plugins'))
    .map(name => path.join(root, 'plugins', name))
    .filter(folder => fs.existsSync(path.join(folder, 'package.json')))
    .map(folder => {
      const manifest = JSON.parse(
        fs.readFileSync(path.join(folder, 'package.json'), 'utf8'),
      );
      return { name: manifest.name, version: manifest.version, folder };
    });
}

async function succeed(what, code) {
  if ((await code) !== 0) throw new Error(`${what} failed; see above`);
}

/**
 * Builds and packs the published packages.
 *
 * @param {string} root - the workspace, with its dependencies installed
 * @param {string} target - the folder that gets the tarballs
 * @returns {Promise<Map<string, string>>} the tarball of each package, by the package's name
 * @throws where a build or a packing fails
 */
export async function packAll(root, target) {
  const bin = name => path.join(root, 'node_modules/.bin', name);
  // The packages' type declarations are made of these.
  await succeed('tsc', runChild(bin('tsc'), [], { cwd: root }));
  await succeed(
    'The build of the packages',
    runChild(bin('backstage-cli'), ['repo', 'build'], { cwd: root }),
  );
  const tarballs = new Map();
  for (const { name, version, folder } of publishedPackages(root)) {
    const file = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
    const tarball = path.join(target, file);
    const code = await yarn(['workspace', name, 'pack', '--out', tarball]);
    if (code !== 0) {
      // Packing rewrites package.json for the time being; one that failed does not put it back.
      await runChild(bin('backstage-cli'), ['package', 'postpack'], {
        cwd: folder,
      });
      throw new Error(`Packing ${name} failed; see above`);
    }
    tarballs.set(name, tarball);
  }
  return tarballs;
}

/**
 * Unpacks a tarball.
 *
 * @returns {Promise<string>} the folder of the package in it
 */
export async function unpack(tarball, target) {
  fs.mkdirSync(target, { recursive: true });
  await succeed(
    `Unpacking ${path.basename(tarball)}`,
    runChild('tar', ['-xzf', tarball, '-C', target]),
  );
  return path.join(target, 'package');
}
