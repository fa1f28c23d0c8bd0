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

// Builds the SonataFlow under test, once for each state of its sources.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '../..');
const service = path.join(here, 'service');
/** The definitions of the recorded cases, which the embedded engine is tested with too. */
const oracle = path.join(
  root,
  'plugins/orchestrator-backend-module-embedded-engine/src/__fixtures__/oracle/definitions',
);
const resources = path.join('src', 'main', 'resources');

/** Where it is built; ignored by git. */
const cache = path.join(root, '.cache', 'sonataflow');

function filesBelow(folder) {
  return fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function hashOf(folders) {
  const hash = crypto.createHash('sha256');
  for (const folder of folders) {
    for (const file of filesBelow(folder)) {
      hash.update(`${path.relative(folder, file)}\0`);
      hash.update(fs.readFileSync(file)).update('\0');
    }
  }
  return hash.digest('hex');
}

/**
 * Builds the service, if its sources have changed since it was built.
 *
 * @returns {string} the file that `java -jar` starts
 * @throws where Maven fails, which has said why
 */
export function buildService() {
  const project = path.join(cache, 'project');
  const built = path.join(cache, 'built');
  const jar = path.join(project, 'target/quarkus-app/quarkus-run.jar');
  const hash = hashOf([service, oracle]);
  if (
    fs.existsSync(jar) &&
    fs.existsSync(built) &&
    fs.readFileSync(built, 'utf8') === hash
  ) {
    return jar;
  }
  // The build takes along definitions that an earlier one has left in target.
  fs.rmSync(project, { recursive: true, force: true });
  fs.rmSync(built, { force: true });
  fs.cpSync(service, project, { recursive: true });
  fs.cpSync(oracle, path.join(project, resources), {
    recursive: true,
    errorOnExist: true,
    force: false,
  });
  console.log('Building SonataFlow with Maven; the first time takes minutes.');
  const started = Date.now();
  const { status } = spawnSync(
    'mvn',
    ['--quiet', '--batch-mode', '-DskipTests', 'package'],
    { cwd: project, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (status !== 0 || !fs.existsSync(jar)) {
    throw new Error('Maven could not build the SonataFlow under test');
  }
  fs.writeFileSync(built, hash);
  console.log(`Built in ${Math.round((Date.now() - started) / 1_000)} s.`);
  return jar;
}
