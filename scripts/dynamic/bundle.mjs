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

// Makes the orchestrator's backend a dynamic plugin: one folder with everything in it that is not Backstage itself.
//   node scripts/dynamic/bundle.mjs FOLDER [--no-build]     the plugin gets a folder of its own in FOLDER
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChild } from '../childProcess.mjs';
import { ensureInstalled, nodeHeaders } from '../ensureInstalled.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Where the version of yarn is that package.json names; npm fetches it where it is not there. */
function findYarn() {
  const { packageManager } = JSON.parse(
    fs.readFileSync(path.join(root, 'package.json'), 'utf8'),
  );
  const version = packageManager.slice('yarn@'.length);
  const { stdout } = spawnSync(
    'npx',
    ['-y', '-p', `@yarnpkg/cli-dist@${version}`, '-c', 'command -v yarn'],
    { encoding: 'utf8' },
  );
  const file = stdout?.trim();
  if (!file) throw new Error(`Yarn ${version} cannot be had`);
  return fs.realpathSync(file);
}

/** A path with a command `yarn` in it: Backstage's command runs it by name, many times. */
function yarnOnPath(folder) {
  const command = `"${process.execPath}" "${findYarn()}"`;
  fs.writeFileSync(
    path.join(folder, 'yarn'),
    `#!/bin/sh\nexec ${command} "$@"\n`,
    { mode: 0o755 },
  );
  return `${folder}${path.delimiter}${process.env.PATH}`;
}

/**
 * Bundles the plugin.
 *
 * @param {string} target - the folder that gets a folder with the plugin
 * @param {{ build?: boolean }} [options] - `build: false` where the packages are built already
 * @returns {Promise<string>} the folder of the plugin
 * @throws where the bundling fails
 */
export async function bundlePlugin(target, { build = true } = {}) {
  const tools = fs.mkdtempSync(path.join(os.tmpdir(), 'orchestrator-yarn-'));
  try {
    const code = await runChild(
      path.join(root, 'node_modules/.bin/backstage-cli'),
      [
        ...['package', 'bundle', '--clean', '--output-destination', target],
        ...['--output-name', 'orchestrator'],
        ...(build ? [] : ['--no-build']),
      ],
      {
        cwd: path.join(root, 'plugins/orchestrator-backend'),
        env: {
          ...process.env,
          ...nodeHeaders(),
          PATH: yarnOnPath(tools),
          // It reads what yarn prints, and writes a lock file.
          FORCE_COLOR: '0',
          YARN_ENABLE_COLORS: 'false',
          YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
        },
      },
    );
    if (code !== 0) throw new Error('The plugin could not be bundled');
  } finally {
    fs.rmSync(tools, { recursive: true, force: true });
  }
  return path.join(target, 'orchestrator');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, ...options] = process.argv.slice(2);
  if (!folder) {
    console.error('Usage: node scripts/dynamic/bundle.mjs FOLDER [--no-build]');
    process.exit(2);
  }
  await ensureInstalled();
  const target = path.resolve(folder);
  fs.mkdirSync(target, { recursive: true });
  await bundlePlugin(target, { build: !options.includes('--no-build') });
}
