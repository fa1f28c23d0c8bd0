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

// Bundles the orchestrator's backend as a dynamic plugin, installs it in a portal that does not know it, and checks that it works there.
//   node scripts/dynamic/run.mjs [--no-build] [--keep]     --keep leaves the portal in its temporary folder
import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { forwardSignals, startChild } from '../childProcess.mjs';
import { ensureInstalled } from '../ensureInstalled.mjs';
import { Checks } from '../packed/Checks.mjs';
import { waitForAnswer } from '../ports.mjs';
import { bundlePlugin } from './bundle.mjs';
import { checkPlugin } from './checks.mjs';
import { FakeDataIndex } from './FakeDataIndex.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '../..');
/** How long the backend may take from its start to its first answer. */
const startMs = 120_000;

async function freePort() {
  const server = net.createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** The configuration of the portal. */
function configOf({ folder, database, port, token, dataIndex }) {
  return {
    app: { baseUrl: `http://localhost:${port}` },
    backend: {
      baseUrl: `http://localhost:${port}`,
      listen: { host: '127.0.0.1', port },
      database: {
        client: 'better-sqlite3',
        connection: { directory: database },
      },
      auth: {
        externalAccess: [
          {
            type: 'static',
            options: { token, subject: 'ci-script' },
            accessRestrictions: [{ plugin: 'orchestrator' }],
          },
        ],
      },
    },
    dynamicPlugins: {
      rootDirectory: path.join(folder, 'dynamic-plugins-root'),
    },
    orchestrator: {
      dataIndexService: { url: dataIndex },
      engines: {
        embedded: { definitions: [path.join(root, 'scripts/packed/app')] },
      },
    },
  };
}

async function runBackend(configFile, url, whileUp) {
  const backend = startChild(
    process.execPath,
    [path.join(here, 'backend.mjs'), '--config', configFile],
    {
      cwd: root,
      // The plugin gets what the portal shares with it from there.
      env: { ...process.env, NODE_PATH: path.join(root, 'node_modules') },
    },
  );
  const unforward = forwardSignals([backend]);
  try {
    const up = await Promise.race([
      waitForAnswer(`${url}/.backstage/health/v1/readiness`, {
        signal: AbortSignal.timeout(startMs),
      }),
      backend.ended.then(() => false),
    ]);
    if (!up) throw new Error('The portal did not start');
    await whileUp();
  } finally {
    unforward();
    backend.stop('SIGTERM');
    await backend.ended;
    backend.kill();
  }
}

/** Checks the plugin as it lies in the folder of the portal's plugins. */
async function checkInstalled(checks, folder, dataIndex) {
  const port = await freePort();
  const token = crypto.randomBytes(24).toString('hex');
  const database = fs.mkdtempSync(path.join(folder, 'database-'));
  const config = configOf({ folder, database, port, token, dataIndex });
  // YAML is a superset of JSON.
  const configFile = path.join(database, 'app-config.yaml');
  fs.writeFileSync(configFile, JSON.stringify(config));
  const url = `http://localhost:${port}`;
  await runBackend(configFile, url, () => checkPlugin(checks, url, token));
}

async function main() {
  await ensureInstalled();
  const folder = fs.mkdtempSync(
    path.join(os.tmpdir(), 'orchestrator-dynamic-'),
  );
  const checks = new Checks();
  const dataIndex = new FakeDataIndex();
  try {
    const url = await dataIndex.start();
    const plugins = path.join(folder, 'dynamic-plugins-root');
    fs.mkdirSync(plugins);
    const plugin = await bundlePlugin(plugins, {
      build: !process.argv.includes('--no-build'),
    });
    console.log('\nThe plugin with its own packages of Backstage:');
    await checkInstalled(checks, folder, url);
    // As Red Hat Developer Hub has it: those it shares with all its plugins.
    fs.rmSync(path.join(plugin, 'node_modules/@backstage'), {
      recursive: true,
    });
    console.log("\nThe plugin with the portal's packages of Backstage:");
    await checkInstalled(checks, folder, url);
  } finally {
    await dataIndex.stop();
    if (process.argv.includes('--keep')) console.log(`Kept ${folder}`);
    else fs.rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${checks.passed} passed, ${checks.failed} failed`);
  return checks.failed ? 1 : 0;
}

process.exitCode = await main();
