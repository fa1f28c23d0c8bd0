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

// Installs what is missing and starts the portal and its backend.
//   npm start [-- --config <file> …]
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodeOf, forwardSignals, startChild } from './childProcess.mjs';
import { ensureInstalled } from './ensureInstalled.mjs';
import { isPortFree, waitForAnswer } from './ports.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const args = process.argv.slice(2);

await ensureInstalled();

const config = await loadConfig();
const portalUrl = config.getString('app.baseUrl');
const backendUrl = config.getString('backend.baseUrl');
await checkPorts();

process.env.NODE_ENV ??= 'development';
// The address is printed; a browser that opens before the backend is up shows an error.
process.env.BROWSER ??= 'none';
const parts = ['backend', 'app'].map(name =>
  startChild(
    process.execPath,
    [
      path.join(root, 'node_modules/@backstage/cli/bin/backstage-cli'),
      'package',
      'start',
      ...args,
    ],
    { cwd: path.join(root, 'packages', name) },
  ),
);
forwardSignals(parts);

const stopped = new AbortController();
const announced = announce(stopped.signal);
// Neither is of use without the other: where one ends, so does the other.
const first = await Promise.race(parts.map(part => part.ended));
stopped.abort();
for (const part of parts) part.stop('SIGTERM');
const ends = await Promise.all(parts.map(part => part.ended));
await announced;
process.exit(exitCodeOf(first) || Math.max(...ends.map(exitCodeOf)));

/** The configuration as the backend will see it. */
async function loadConfig() {
  // It is there only once the dependencies are.
  const { ConfigSources } = await import('@backstage/config-loader');
  return ConfigSources.toConfig(
    ConfigSources.default({ rootDir: root, argv: args, watch: false }),
  );
}

async function checkPorts() {
  const portal = new URL(portalUrl);
  const listen = config.getOptional('backend.listen');
  const places = [
    {
      what: 'backend',
      key: 'backend.listen.port',
      host: listen?.host,
      port: Number(
        listen?.port ??
          String(listen ?? '')
            .split(':')
            .pop(),
      ),
    },
    {
      what: 'portal',
      key: 'app.baseUrl',
      host: config.getOptionalString('app.listen.host') ?? portal.hostname,
      port:
        config.getOptionalNumber('app.listen.port') ??
        Number(portal.port || (portal.protocol === 'https:' ? 443 : 80)),
    },
  ];
  let taken = false;
  for (const { what, key, host, port } of places) {
    if (port && !(await isPortFree(port, host))) {
      taken = true;
      console.error(
        `Port ${port}, where the ${what} should listen, is taken. End what listens there, or set another one (${key}) in app-config.local.yaml.`,
      );
    }
  }
  if (taken) process.exit(1);
}

async function announce(signal) {
  const ready = await Promise.all([
    waitForAnswer(`${backendUrl}/.backstage/health/v1/readiness`, { signal }),
    waitForAnswer(portalUrl, { signal }),
  ]);
  if (ready.every(Boolean)) {
    console.log(
      `\nThe portal is up: open ${portalUrl}\nThe backend answers at ${backendUrl}. Ctrl-C ends both.\n`,
    );
  }
}
