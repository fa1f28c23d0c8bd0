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

// A throw-away PostgreSQL server for tests and benches, on 127.0.0.1 with a port and a password of its own.
//   node scripts/postgres.mjs serve [--durable]               prints the variables to set, until a signal ends it
//   node scripts/postgres.mjs run [--durable] -- <command>    runs the command with them, then stops the server
//   --durable keeps fsync on, for benches; tests do not need it
//   --install fetches the server with apt-get where it is missing (Debian and Ubuntu, as root)
import { execFileSync, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { runChild } from './childProcess.mjs';

/** The variable by which Backstage's TestDatabases finds the server of the id POSTGRES_15. */
export const connectionVariable =
  'BACKSTAGE_TEST_DATABASE_POSTGRES15_CONNECTION_STRING';

/** The folder with `initdb` and `postgres` of the newest installed server, undefined where there is none. */
export function findPostgres() {
  const debian = '/usr/lib/postgresql';
  const versions = fs.existsSync(debian)
    ? fs.readdirSync(debian).sort((a, b) => Number(b) - Number(a))
    : [];
  const folders = [
    ...versions.map(version => path.join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(path.delimiter),
  ];
  return folders.find(
    folder =>
      fs.existsSync(path.join(folder, 'initdb')) &&
      fs.existsSync(path.join(folder, 'postgres')),
  );
}

/** Installs packages with apt-get. Throws where apt-get is missing or fails. */
export function installPackages(names) {
  const options = {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  execFileSync('apt-get', ['update', '-qq'], options);
  execFileSync(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', ...names],
    options,
  );
}

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

// The server refuses to run as root, so root lends it the account that its package made.
function account() {
  if (process.getuid?.() !== 0) return {};
  const id = flag =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function answers(port) {
  return new Promise(resolve => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * Starts a server with an empty cluster in a temporary folder.
 *
 * @param options.durable - keep fsync on
 * @returns the server's version, its connection string, and `stop`, which ends it and removes its folder
 * @throws where no server is installed or it does not come up within 60 seconds
 */
export async function startPostgres({ durable = false } = {}) {
  const bin = findPostgres();
  if (!bin) {
    throw new Error(
      'No PostgreSQL server is installed: apt-get install postgresql',
    );
  }
  const identity = account();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'postgres-'));
  const data = path.join(folder, 'data');
  const passwordFile = path.join(folder, 'password');
  const password = crypto.randomBytes(18).toString('hex');
  fs.mkdirSync(data, { mode: 0o700 });
  fs.writeFileSync(passwordFile, password, { mode: 0o600 });
  if (identity.uid !== undefined) {
    for (const owned of [folder, data, passwordFile]) {
      fs.chownSync(owned, identity.uid, identity.gid);
    }
  }
  const options = { cwd: folder, ...identity };
  execFileSync(
    path.join(bin, 'initdb'),
    [
      ...['-D', data, '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8'],
      ...['-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '--no-sync'],
    ],
    { ...options, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const version = fs.readFileSync(path.join(data, 'PG_VERSION'), 'utf8').trim();

  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 300,
    shared_buffers: '256MB',
    ...(durable
      ? {}
      : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const log = path.join(folder, 'log');
  const output = fs.openSync(log, 'a');
  const server = spawn(
    path.join(bin, 'postgres'),
    [
      ...['-D', data],
      ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`]),
    ],
    // A group of its own: an interrupt at the terminal must not reach the server before its clients.
    { ...options, stdio: ['ignore', output, output], detached: true },
  );
  fs.closeSync(output);
  const ended = new Promise(resolve => server.once('exit', resolve));
  const running = () => server.exitCode === null && server.signalCode === null;

  const removeFolder = () =>
    fs.rmSync(folder, { recursive: true, force: true });
  const killAtExit = () => {
    if (running()) server.kill('SIGQUIT');
  };
  process.once('exit', killAtExit);

  const stop = async () => {
    process.off('exit', killAtExit);
    if (running()) server.kill('SIGINT');
    await ended;
    removeFolder();
  };

  const deadline = Date.now() + 60_000;
  while (!(await answers(port))) {
    if (!running() || Date.now() > deadline) {
      const reason = fs.readFileSync(log, 'utf8');
      await stop();
      throw new Error(`PostgreSQL did not start:\n${reason}`);
    }
    await delay(100);
  }
  return {
    version,
    connectionString: `postgresql://postgres:${password}@127.0.0.1:${port}`,
    stop,
  };
}

async function main(args) {
  const split = args.indexOf('--');
  const command = split < 0 ? [] : args.slice(split + 1);
  const [mode, ...flags] = split < 0 ? args : args.slice(0, split);
  if (mode !== 'serve' && !(mode === 'run' && command.length)) {
    console.error(
      'usage: postgres.mjs serve | run [--durable] [--install] -- <command>',
    );
    return 2;
  }
  if (flags.includes('--install') && !findPostgres()) {
    installPackages(['postgresql']);
  }
  const server = await startPostgres({ durable: flags.includes('--durable') });
  console.log(`PostgreSQL ${server.version} is up`);
  try {
    if (mode === 'run') {
      return await runChild(command[0], command.slice(1), {
        env: { ...process.env, [connectionVariable]: server.connectionString },
      });
    }
    console.log(`export ${connectionVariable}=${server.connectionString}`);
    await new Promise(resolve => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
        process.once(signal, resolve);
      }
    });
    return 0;
  } finally {
    await server.stop();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await main(process.argv.slice(2));
}
