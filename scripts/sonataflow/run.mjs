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

// Runs the tests against a real SonataFlow: builds the service of ./service with the definitions of the oracle, starts it on a
// PostgreSQL of its own, and runs all *.test.sonataflow.ts of the packages. Ends with the line "N passed, N failed".
//   yarn test:sonataflow [--check | --serve] [<arguments for jest>]
//   --check  only says whether Java, Maven and PostgreSQL are there, and ends with 1 where one is missing
//   --serve  only starts it, and says where it is, until it is interrupted
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodeOf, forwardSignals, startChild } from '../childProcess.mjs';
import { ensureInstalled } from '../ensureInstalled.mjs';
import {
  connectionVariable,
  findPostgres,
  startPostgres,
} from '../postgres.mjs';
import { buildService } from './build.mjs';
import { serveControl } from './control.mjs';
import { Forwarder } from './Forwarder.mjs';
import { SonataFlow } from './SonataFlow.mjs';
import { Stub } from './Stub.mjs';
import { missingTools } from './toolchain.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
const JEST_TIMEOUT_MS = 120_000;

async function freePorts(count) {
  const servers = [];
  for (let i = 0; i < count; i += 1) {
    const server = net.createServer();
    await new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    servers.push(server);
  }
  const ports = servers.map(server => server.address().port);
  for (const server of servers) {
    await new Promise(resolve => server.close(resolve));
  }
  return ports;
}

/** Starts everything that tests need; `close` ends what there is, however far it has come. */
class Surroundings {
  #closers = [];
  #service;

  /** @returns {Promise<Record<string, string>>} the variables by which tests find it */
  async start(jar) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sonataflow-'));
    this.#closers.push(() =>
      fs.rmSync(folder, { recursive: true, force: true }),
    );
    const postgres = await startPostgres();
    this.#closers.push(() => postgres.stop());
    const database = new URL(`${postgres.connectionString}/postgres`);

    const [port, runtimePort, stubPort] = await freePorts(3);
    const stub = new Stub();
    await stub.listen(stubPort);
    this.#closers.push(() => stub.close());
    const forwarder = new Forwarder(runtimePort);
    await forwarder.lead(port);
    this.#closers.push(() => forwarder.close());

    const runtime = `http://127.0.0.1:${runtimePort}`;
    const stubUrl = `http://127.0.0.1:${stubPort}`;
    const service = new SonataFlow({
      jar,
      folder,
      port,
      env: {
        RUNTIME_URL: runtime,
        STUB_URL: stubUrl,
        STUB_PORT: String(stubPort),
        PGHOST: database.hostname,
        PGPORT: database.port,
        PGUSER: database.username,
        PGPASSWORD: database.password,
        PGDATABASE: 'postgres',
      },
    });
    this.#service = service;
    this.#closers.push(() => service.stop());
    await service.start();
    const control = await serveControl({
      service,
      stub,
      forwarder,
      database: database.href,
      addresses: { service: service.url, runtime, stub: stubUrl },
    });
    this.#closers.push(() => control.close());
    return {
      SONATAFLOW_TEST_CONTROL: control.url,
      [connectionVariable]: postgres.connectionString,
    };
  }

  /** Lets a start that is under way fail. */
  async interrupt() {
    await this.#service?.stop();
  }

  async close() {
    for (const close of this.#closers.reverse()) await close();
    this.#closers = [];
  }
}

/** Runs jest to its end, and reads what it counted. */
async function runJest(variables, args) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sonataflow-test-'));
  const outputFile = path.join(folder, 'results.json');
  try {
    const child = startChild(
      process.execPath,
      [
        path.join(root, 'node_modules/@backstage/cli/bin/backstage-cli'),
        ...['repo', 'test', '--watchAll=false', '--runInBand'],
        ...['--testMatch', '**/*.test.sonataflow.ts'],
        `--testTimeout=${JEST_TIMEOUT_MS}`,
        ...['--json', `--outputFile=${outputFile}`],
        ...args,
      ],
      { cwd: root, env: { ...process.env, ...variables } },
    );
    const unforward = forwardSignals([child]);
    const code = exitCodeOf(await child.ended);
    unforward();
    child.kill();
    const results = fs.existsSync(outputFile)
      ? JSON.parse(fs.readFileSync(outputFile, 'utf8'))
      : undefined;
    return { code, results };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Says in a frame that nothing is tested. */
function sayMissing(missing) {
  const line = '='.repeat(72);
  console.log(
    [
      line,
      'NOT RUN: the tests against a real SonataFlow. This machine lacks',
      ...missing.map(one => `  ${one}`),
      'Debian, Ubuntu: apt-get install openjdk-17-jdk-headless maven postgresql',
      line,
    ].join('\n'),
  );
}

/** Resolves when somebody asks this process to end. */
function whenInterrupted() {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => resolve(signal));
    }
  });
}

/** Says how the tests ended, as all tests of the repository do. */
function summarise({ code, results }) {
  if (!results) {
    console.error('The tests did not run to their end.');
    return code || 1;
  }
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const nothing = results.numTotalTests === 0;
  if (nothing) console.log('No test was found.');
  console.log(`${results.numPassedTests} passed, ${failed} failed`);
  return code || (failed || nothing ? 1 : 0);
}

async function main(args) {
  const missing = missingTools();
  if (!findPostgres()) missing.push('PostgreSQL');
  if (missing.length > 0) {
    sayMissing(missing);
    return 1;
  }
  if (args.includes('--check')) return 0;
  await ensureInstalled();
  const jar = buildService();
  const interrupted = whenInterrupted();
  const surroundings = new Surroundings();
  try {
    let isInterrupted = false;
    interrupted.then(() => {
      isInterrupted = true;
      return surroundings.interrupt();
    });
    const variables = await surroundings.start(jar).catch(error => {
      if (!isInterrupted) throw error;
    });
    if (isInterrupted) return 130;
    if (args.includes('--serve')) {
      for (const [name, value] of Object.entries(variables)) {
        console.log(`export ${name}=${value}`);
      }
      await interrupted;
      return 0;
    }
    return summarise(await runJest(variables, args));
  } finally {
    await surroundings.close();
  }
}

process.exitCode = await main(process.argv.slice(2));
