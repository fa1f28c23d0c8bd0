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

// Makes sure that the dependencies are there, with nothing but Node and npm on the machine.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChild } from './childProcess.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

/** The versions of Node that Backstage's release and the tests cover: major to the lowest minor. */
const SUPPORTED_NODE = { 20: 20, 22: 0, 24: 0 };

/**
 * Installs what is missing and returns when the workspace can be used. Where it cannot, it says why in plain words and
 * ends the process.
 */
export async function ensureInstalled() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (!(major in SUPPORTED_NODE) || minor < SUPPORTED_NODE[major]) {
    fail(
      `This needs Node 20 (from 20.20), 22 or 24, and runs on ${process.version}.`,
      'Install one of them from https://nodejs.org and try again.',
    );
  }
  if (!isInstalled()) {
    console.log('Installing the dependencies (a few minutes the first time).');
    const code = await yarn(['install', '--immutable']);
    if (code !== 0) {
      if (isUnpacked() && !loadsSqlite()) failSqlite();
      fail(
        'The dependencies could not be installed; see above.',
        undefined,
        code,
      );
    }
  }
  // A build for another version of Node is there but does not load.
  if (!loadsSqlite()) {
    console.log('Building better-sqlite3 for this version of Node.');
    const code = await yarn(['rebuild', 'better-sqlite3']);
    if (code !== 0 || !loadsSqlite()) failSqlite();
  }
}

/** Whether the last installation ended well and is as new as the lock file. */
function isInstalled() {
  const state = path.join(root, '.yarn/install-state.gz');
  if (!isUnpacked() || !fs.existsSync(state)) return false;
  const lock = path.join(root, 'yarn.lock');
  return fs.statSync(state).mtimeMs >= fs.statSync(lock).mtimeMs;
}

function isUnpacked() {
  return (
    fs.existsSync(path.join(root, 'node_modules/.yarn-state.yml')) &&
    fs.existsSync(path.join(root, 'node_modules/.bin/backstage-cli'))
  );
}

/** Opens a database in a process of its own, since a native module that does not fit can end the process. */
function loadsSqlite() {
  const { status } = spawnSync(
    process.execPath,
    ['-e', "new (require('better-sqlite3'))(':memory:').close()"],
    { cwd: path.join(root, 'packages/backend'), stdio: 'ignore' },
  );
  return status === 0;
}

/** Runs the version of Yarn that package.json names, which need not be on the PATH. */
export function yarn(args) {
  const { packageManager } = JSON.parse(
    fs.readFileSync(path.join(root, 'package.json'), 'utf8'),
  );
  const version = packageManager.slice('yarn@'.length);
  return runChild('npx', ['-y', `@yarnpkg/cli-dist@${version}`, ...args], {
    cwd: root,
    env: { ...process.env, ...nodeHeaders() },
  });
}

/** Where npm is told to find Node's headers: node-gyp reads it from the environment only, and Yarn does not pass it on. */
export function nodeHeaders() {
  if (process.env.npm_config_nodedir) return {};
  const { stdout } = spawnSync('npm', ['config', 'get', 'nodedir'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  const folder = stdout?.trim();
  return folder && folder !== 'undefined' && folder !== 'null'
    ? { npm_config_nodedir: folder }
    : {};
}

function failSqlite() {
  fail(
    'better-sqlite3 could neither be fetched as a prebuilt binary nor be compiled.',
    [
      'Allow downloads from https://github.com, or install what compiles it: Python 3, make and a C++ compiler.',
      '  Debian, Ubuntu:  apt-get install python3 make g++',
      '  Fedora:          dnf install python3 make gcc-c++',
      '  Alpine:          apk add python3 make g++',
      '  macOS:           xcode-select --install',
      'Then run the same command again.',
    ].join('\n'),
  );
}

function fail(what, how, code = 1) {
  console.error(`\n${what}`);
  if (how) console.error(how);
  process.exit(code);
}
