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

// The backend of the demo portal, which also serves the built app, on a free port and an empty database.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { stringify } from 'yaml';
import { startChild } from '../childProcess.mjs';
import { waitForAnswer } from '../ports.mjs';

const START_MS = 180_000;
const STOP_MS = 20_000;
/** Where the example workflows expect the backend. */
const EXAMPLE_URL = 'http://localhost:7007';

/**
 * @param {{ root: string, folder: string, port?: number, orchestrator?: object, config?: object }} options `folder` takes the
 *   database, the config and the log; a backend started again on the same folder and port goes on where the one before ended;
 *   `orchestrator` is the plugin's config, in place of the one for the example workflows; `config` is laid over all other config
 * @returns {Promise<{ baseUrl: string, port: number, stop: () => Promise<void>, kill: () => Promise<void>, signal: (name: string) => void }>}
 *   once it is ready and its catalog knows the people; `kill` ends it as a crash would, `signal` reaches it and all that it started
 */
export async function startBackend({
  root,
  folder,
  port: wanted,
  orchestrator,
  config: top = {},
}) {
  const port = wanted ?? (await findFreePort());
  const baseUrl = `http://localhost:${port}`;
  const config = path.join(folder, 'app-config.yaml');
  fs.writeFileSync(
    config,
    stringify({
      ...configFor({ folder, port, baseUrl }),
      ...(orchestrator ? { orchestrator } : {}),
    }),
  );
  const topConfig = path.join(folder, 'app-config.top.yaml');
  fs.writeFileSync(topConfig, stringify(top));
  copyWorkflows({ root, folder, baseUrl });

  const log = fs.openSync(path.join(folder, 'backend.log'), 'a');
  const child = startChild(
    process.execPath,
    [
      // What `backstage-cli package start` runs, without the watching: a file that changes would end the tests.
      ...['--enable-source-maps', '--require'],
      createRequire(import.meta.url).resolve(
        '@backstage/cli-node/config/nodeTransform.cjs',
      ),
      'src/index',
      ...['--config', path.join(root, 'app-config.yaml')],
      ...['--config', config],
      ...['--config', topConfig],
    ],
    {
      cwd: path.join(root, 'packages/backend'),
      // The demo's sign-in works in development only.
      env: { ...process.env, NODE_ENV: 'development' },
      stdio: ['ignore', log, log],
    },
  );
  const stop = async () => {
    child.stop('SIGTERM');
    const timer = setTimeout(child.kill, STOP_MS);
    await child.ended;
    clearTimeout(timer);
  };

  const signal = AbortSignal.any([
    AbortSignal.timeout(START_MS),
    abortedBy(child.ended),
  ]);
  if (
    !(await waitForAnswer(`${baseUrl}/.backstage/health/v1/readiness`, {
      signal,
    })) ||
    !(await waitForPeople(baseUrl, signal))
  ) {
    await stop();
    throw new Error(
      `The backend did not become ready; see ${path.join(
        folder,
        'backend.log',
      )}`,
    );
  }
  const kill = async () => {
    child.kill();
    await child.ended;
  };
  return { baseUrl, port, stop, kill, signal: child.signalAll };
}

function configFor({ folder, port, baseUrl }) {
  return {
    app: { baseUrl },
    backend: {
      baseUrl,
      listen: { host: '127.0.0.1', port },
      cors: { origin: baseUrl },
      database: { connection: { directory: path.join(folder, 'db') } },
    },
    nightlyReport: {
      schedule: {
        frequency: { seconds: 10 },
        initialDelay: { seconds: 2 },
        timeout: { seconds: 30 },
      },
    },
    orchestrator: {
      engines: {
        embedded: {
          definitions: [path.join(folder, 'workflows')],
          egress: [`${baseUrl}/api/demo-weather`],
        },
      },
    },
  };
}

/** The example workflows, with the address of this backend in them. */
function copyWorkflows({ root, folder, baseUrl }) {
  const target = path.join(folder, 'workflows');
  fs.cpSync(path.join(root, 'examples/workflows'), target, {
    recursive: true,
  });
  for (const name of fs.readdirSync(target)) {
    if (!name.endsWith('.sw.yaml')) continue;
    const file = path.join(target, name);
    const text = fs.readFileSync(file, 'utf8');
    fs.writeFileSync(file, text.replaceAll(EXAMPLE_URL, baseUrl));
  }
}

async function waitForPeople(baseUrl, signal) {
  while (!signal.aborted) {
    const response = await fetch(`${baseUrl}/api/auth/demo/people`);
    if (response.ok && (await response.json()).people.length === 4) return true;
    await new Promise(resolve => setTimeout(resolve, 500));
  }
  return false;
}

function abortedBy(promise) {
  const controller = new AbortController();
  promise.then(
    () => controller.abort(),
    () => controller.abort(),
  );
  return controller.signal;
}

function findFreePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
