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

// A Backstage app outside this workspace, as create-app makes it, with the packed plugin added as the README says.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { runChild } from '../childProcess.mjs';
import { nodeHeaders } from '../ensureInstalled.mjs';

/** The version of @backstage/create-app that belongs to the release in backstage.json. */
const createAppVersions = { '1.55.0': '0.9.2' };

const require = createRequire(import.meta.url);

function editJson(file, edit) {
  const content = JSON.parse(fs.readFileSync(file, 'utf8'));
  edit(content);
  fs.writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
}

/**
 * An app in a folder of its own. It is complete: nothing of what create-app writes is left out, but for the lock file, which starts as
 * a copy of this workspace's (create-app downloads one for the same reason: so that the app gets versions that are known to
 * work together).
 */
export class OutsideApp {
  #folder;

  constructor(folder) {
    this.#folder = folder;
  }

  get folder() {
    return this.#folder;
  }

  get backendFolder() {
    return path.join(this.#folder, 'packages/backend');
  }

  /**
   * Makes the app from create-app's own template with its own code. Its command cannot be used, since it refuses to run on Node
   * 20 and without a global yarn, neither of which the app needs.
   *
   * @param {string} root - the workspace whose Backstage release and lock file the app takes
   */
  async create(root) {
    const release = JSON.parse(
      fs.readFileSync(path.join(root, 'backstage.json'), 'utf8'),
    ).version;
    const version = createAppVersions[release];
    if (!version) {
      throw new Error(
        `Add the version of create-app of Backstage ${release} to scripts/packed/outsideApp.mjs`,
      );
    }
    const tool = `${this.#folder}-create-app`;
    fs.mkdirSync(tool, { recursive: true });
    fs.writeFileSync(path.join(tool, 'package.json'), '{"private":true}');
    const code = await runChild(
      'npm',
      [
        ...['install', '--no-save', '--no-audit', '--no-fund'],
        `@backstage/create-app@${version}`,
      ],
      { cwd: tool },
    );
    if (code !== 0) throw new Error('create-app could not be installed');

    const createApp = path.join(tool, 'node_modules/@backstage/create-app');
    const { templatingTask } = require(path.join(
      createApp,
      'dist/lib/tasks.cjs.js',
    ));
    await templatingTask(
      path.join(createApp, 'templates/default-app'),
      this.#folder,
      { name: 'outside', defaultBranch: 'main' },
    );
    fs.copyFileSync(
      path.join(root, 'yarn.lock'),
      path.join(this.#folder, 'yarn.lock'),
    );
  }

  /**
   * Adds the packed packages to the app's dependencies.
   *
   * @param {{ name: string, version: string }[]} packages - the published packages
   * @param {Map<string, string>} tarballs - the tarball of each, by its name
   */
  addPackages(packages, tarballs) {
    editJson(path.join(this.#folder, 'package.json'), manifest => {
      // The app and the packages ask for versions that no registry has yet.
      for (const [name, tarball] of tarballs) {
        manifest.resolutions[name] = `file:${tarball}`;
      }
    });
    const plugin = '@flowgate/backstage-plugin-orchestrator';
    this.#addDependencies('app', packages, [plugin]);
    this.#addDependencies('backend', packages, [
      `${plugin}-backend`,
      `${plugin}-node`,
    ]);
  }

  #addDependencies(part, packages, names) {
    const file = path.join(this.#folder, 'packages', part, 'package.json');
    editJson(file, manifest => {
      for (const name of names) {
        const { version } = packages.find(one => one.name === name);
        manifest.dependencies[name] = `^${version}`;
      }
    });
  }

  /**
   * Adds features to the backend.
   *
   * @param {string[]} imports - what to import, before the line that starts the backend
   */
  addFeatures(imports) {
    const file = path.join(this.backendFolder, 'src/index.ts');
    const lines = imports.map(from => `backend.add(import('${from}'));\n`);
    const source = fs.readFileSync(file, 'utf8');
    if (!source.includes('backend.start();')) {
      throw new Error('The template of create-app has changed');
    }
    fs.writeFileSync(
      file,
      source.replace('backend.start();', `${lines.join('')}\nbackend.start();`),
    );
  }

  /** Writes a file of the app. */
  write(name, content) {
    const file = path.join(this.#folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  }

  /** Runs the yarn that the app brings along. */
  async yarn(...args) {
    const releases = path.join(this.#folder, '.yarn/releases');
    const [release] = fs.readdirSync(releases);
    return runChild(process.execPath, [path.join(releases, release), ...args], {
      cwd: this.#folder,
      // CI makes yarn refuse to write a lock file, which this app has still to get.
      env: {
        ...process.env,
        ...nodeHeaders(),
        YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
      },
    });
  }
}
