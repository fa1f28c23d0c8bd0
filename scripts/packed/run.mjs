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

// Packs the published packages, adds them to a new Backstage app outside this workspace, and checks that the three callers of the
// README get through there.
//   node scripts/packed/run.mjs [--keep]     --keep leaves the app in its temporary folder
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { forwardSignals, runChild, startChild } from '../childProcess.mjs';
import { waitForAnswer } from '../ports.mjs';
import { checkCallers } from './callers.mjs';
import { Checks } from './Checks.mjs';
import { checkContents } from './contents.mjs';
import { OutsideApp } from './outsideApp.mjs';
import { packAll, publishedPackages } from './tarballs.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '../..');
/** How long the backend may take from its start to its first answer. */
const startMs = 180_000;

async function freePort() {
  const server = net.createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** What an operator adds to the app's configuration: where to listen, the callers, and where the workflows are. */
function configOf(port, tokens) {
  const staticToken = (token, subject) => ({
    type: 'static',
    options: { token, subject },
    accessRestrictions: [{ plugin: 'orchestrator' }],
  });
  return {
    backend: {
      baseUrl: `http://localhost:${port}`,
      listen: { host: '127.0.0.1', port },
      auth: {
        externalAccess: [
          staticToken(tokens.script, 'ci-script'),
          staticToken(tokens.auditor, 'auditor'),
        ],
      },
    },
    orchestrator: {
      auth: {
        grants: {
          auditors: {
            match: { external: 'auditor' },
            scopes: ['workflows:read', 'instances:read', 'instances:admin'],
          },
        },
      },
      engines: { embedded: { definitions: ['../../workflows'] } },
    },
  };
}

async function makeApp(app, tarballs, config) {
  await app.create(root);
  app.addPackages(publishedPackages(root), tarballs);
  app.addFeatures([
    '@flowgate/backstage-plugin-orchestrator-backend',
    './nightlyReport',
  ]);
  const own = path.join(here, 'app');
  for (const name of ['greeting.sw.yaml', 'greeting.schema.json']) {
    app.write(`workflows/${name}`, fs.readFileSync(path.join(own, name)));
  }
  app.write(
    'packages/backend/src/nightlyReport.ts',
    fs.readFileSync(path.join(own, 'nightlyReport.ts')),
  );
  // YAML is a superset of JSON.
  app.write('app-config.local.yaml', JSON.stringify(config));
  const code = await app.yarn('install');
  if (code !== 0) throw new Error('The app could not be installed');
}

/** The arguments that make Backstage's command read the app's configuration and what was added to it. */
const configArguments = [
  ...['--config', '../../app-config.yaml'],
  ...['--config', '../../app-config.local.yaml'],
];

function cli(app, ...args) {
  return [
    process.execPath,
    [
      path.join(app.folder, 'node_modules/@backstage/cli/bin/backstage-cli'),
      ...args,
    ],
    { cwd: app.backendFolder },
  ];
}

async function checkApp(checks, app) {
  await checks.check('the types of the packages fit the app', async () => {
    const tsc = path.join(app.folder, 'node_modules/.bin/tsc');
    assert.equal(await runChild(tsc, [], { cwd: app.folder }), 0);
  });
  await checks.check('the configuration fits the schema', async () => {
    const code = await runChild(
      ...cli(app, 'config:check', '--strict', '--lax', ...configArguments),
    );
    assert.equal(code, 0);
  });
  await checks.check('a wrong configuration does not', async () => {
    app.write('app-config.wrong.yaml', 'orchestrator: { auth: { mode: 1 } }');
    const wrong = ['--config', '../../app-config.wrong.yaml'];
    const code = await runChild(
      ...cli(
        app,
        'config:check',
        '--strict',
        '--lax',
        ...configArguments,
        ...wrong,
      ),
    );
    assert.equal(code, 1);
  });
  await checks.check('the check of a configuration runs', async () => {
    const check = (...more) =>
      app.yarn(
        ...['workspace', 'backend', 'run', 'orchestrator-check-config'],
        ...configArguments,
        ...more,
      );
    assert.equal(await check(), 0);
    // Written by the check before.
    assert.equal(await check('--config', '../../app-config.wrong.yaml'), 1);
  });
  await checks.check('the portal builds with the page in it', async () => {
    assert.equal(await app.yarn('workspace', 'app', 'build'), 0);
    const scripts = path.join(app.folder, 'packages/app/dist/static');
    const found = fs
      .readdirSync(scripts)
      .filter(name => name.endsWith('.js'))
      .some(name =>
        fs
          .readFileSync(path.join(scripts, name), 'utf8')
          .includes('/v2/whoami'),
      );
    assert.ok(found, 'no script of the portal asks for /v2/whoami');
  });
}

async function runBackend(app, url, whileUp) {
  const backend = startChild(
    ...cli(app, 'package', 'start', ...configArguments),
  );
  const unforward = forwardSignals([backend]);
  const giveUp = AbortSignal.timeout(startMs);
  try {
    const up = await Promise.race([
      waitForAnswer(`${url}/.backstage/health/v1/readiness`, {
        signal: giveUp,
      }),
      backend.ended.then(() => false),
    ]);
    if (!up) throw new Error('The backend of the app did not start');
    await whileUp();
  } finally {
    unforward();
    backend.stop('SIGTERM');
    await backend.ended;
    backend.kill();
  }
}

async function main() {
  // Outside the workspace, or its node_modules would be found from there.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orchestrator-packed-'));
  const checks = new Checks();
  try {
    const tarballs = await packAll(root, folder);
    const unpacked = path.join(folder, 'unpacked');
    await checkContents(checks, publishedPackages(root), tarballs, unpacked);

    const app = new OutsideApp(path.join(folder, 'app'));
    const port = await freePort();
    const tokens = {
      script: crypto.randomBytes(24).toString('hex'),
      auditor: crypto.randomBytes(24).toString('hex'),
    };
    await makeApp(app, tarballs, configOf(port, tokens));
    await checkApp(checks, app);
    const url = `http://localhost:${port}`;
    await runBackend(app, url, () => checkCallers(checks, url, tokens));
  } finally {
    if (process.argv.includes('--keep')) console.log(`Kept ${folder}`);
    else fs.rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${checks.passed} passed, ${checks.failed} failed`);
  return checks.failed ? 1 : 0;
}

process.exitCode = await main();
