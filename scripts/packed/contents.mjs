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

// What must be in the tarballs, and what must not.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { unpack } from './tarballs.mjs';

function filesOf(folder) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry =>
      path.relative(
        folder,
        path.join(entry.parentPath ?? entry.path, entry.name),
      ),
    );
}

function* rangesOf(manifest) {
  for (const key of ['dependencies', 'peerDependencies', 'devDependencies']) {
    for (const [name, range] of Object.entries(manifest[key] ?? {})) {
      yield { name, range };
    }
  }
}

/** The files among the values of `exports`; Backstage adds what kind of feature an entry is. */
function exportedFiles(entry) {
  const values =
    typeof entry === 'string'
      ? [entry]
      : Object.values(entry).flatMap(exportedFiles);
  return values.filter(value => value.startsWith('.'));
}

function checkManifest(manifest, files) {
  for (const { name, range } of rangesOf(manifest)) {
    assert.ok(
      !/^(workspace|link|file|portal):/.test(range),
      `${name} is asked for as ${range}, which no registry knows`,
    );
  }
  for (const file of exportedFiles(manifest.exports)) {
    assert.ok(
      files.includes(path.normalize(file)),
      `package.json exports ${file}, which is not there`,
    );
  }
  assert.equal(manifest.publishConfig.access, 'public');
}

function checkFiles(files, source) {
  const unwanted = files.filter(
    file =>
      file.startsWith('src/') ||
      /(\.test\.|__fixtures__|__testUtils__|\.tsbuildinfo$)/.test(file),
  );
  assert.deepEqual(unwanted, []);
  assert.ok(files.includes('README.md'), 'README.md is missing');
  assert.ok(files.includes('dist/index.d.ts'), 'the types are missing');
  // Whatever a package reads at run time, beside its code.
  for (const folder of ['migrations', 'worker']) {
    if (!fs.existsSync(path.join(source, folder))) continue;
    const wanted = filesOf(path.join(source, folder)).map(file =>
      path.join(folder, file),
    );
    const missing = wanted.filter(file => !files.includes(file));
    assert.deepEqual(missing, []);
    assert.ok(wanted.length > 0, `${folder} is empty`);
  }
}

function checkConfigSchema(folder, manifest, source) {
  const hasSchema = fs.existsSync(path.join(source, 'config.d.ts'));
  assert.equal(Boolean(manifest.configSchema), hasSchema);
  if (!hasSchema) return;
  const schema = JSON.parse(
    fs.readFileSync(path.join(folder, manifest.configSchema), 'utf8'),
  );
  assert.ok(
    Object.keys(schema.properties.orchestrator.properties).length > 0,
    'the schema describes no key',
  );
}

/**
 * Checks the contents of the tarballs.
 *
 * @param {import('./Checks.mjs').Checks} checks
 * @param {{ name: string, folder: string }[]} packages - the published packages
 * @param {Map<string, string>} tarballs - the tarball of each, by its name
 * @param {string} target - an empty folder to unpack them to
 */
export async function checkContents(checks, packages, tarballs, target) {
  for (const { name, folder: source } of packages) {
    const folder = await unpack(
      tarballs.get(name),
      path.join(target, path.basename(source)),
    );
    const files = filesOf(folder);
    const manifest = JSON.parse(
      fs.readFileSync(path.join(folder, 'package.json'), 'utf8'),
    );
    await checks.check(`${name}: package.json fits what is in it`, () =>
      checkManifest(manifest, files),
    );
    await checks.check(`${name}: all that it reads, and no test`, () =>
      checkFiles(files, source),
    );
    await checks.check(`${name}: the schema of its configuration`, () =>
      checkConfigSchema(folder, manifest, source),
    );
  }
}
