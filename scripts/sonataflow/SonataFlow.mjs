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

// The process of the SonataFlow under test.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const START_MS = 180_000;
const STOP_MS = 20_000;
/** How much of the log is shown where the service does not start. */
const LOG_TAIL = 4_000;

/** The service: it can be stopped and started again, on the same port and database. */
export class SonataFlow {
  #jar;
  #folder;
  #env;
  #url;
  #child;

  /**
   * @param {{ jar: string, folder: string, port: number, env: Record<string, string> }} options `folder` takes its log and its
   *   temporary files; `env` is what application.properties reads
   */
  constructor({ jar, folder, port, env }) {
    this.#jar = jar;
    this.#folder = folder;
    this.#env = { ...env, SERVICE_PORT: String(port) };
    this.#url = `http://127.0.0.1:${port}`;
  }

  get url() {
    return this.#url;
  }

  get log() {
    return path.join(this.#folder, 'service.log');
  }

  /** Starts it, if it does not run, and waits until it is ready. */
  async start() {
    if (this.#running()) return;
    const temporary = path.join(this.#folder, 'tmp');
    fs.mkdirSync(temporary, { recursive: true });
    const output = fs.openSync(this.log, 'a');
    this.#child = spawn(
      'java',
      [
        '-Xmx512m',
        // It lives for minutes on a busy machine: quick to start is better than quick later.
        ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'],
        ...[`-Djava.io.tmpdir=${temporary}`, '-jar', this.#jar],
      ],
      {
        env: { ...process.env, ...this.#env },
        stdio: ['ignore', output, output],
        // An interrupt at the terminal must reach the tests first.
        detached: process.platform !== 'win32',
      },
    );
    fs.closeSync(output);
    this.#child.once('error', () => {});
    const deadline = Date.now() + START_MS;
    while (!(await this.#ready())) {
      if (!this.#running() || Date.now() > deadline) {
        await this.stop();
        throw new Error(`SonataFlow did not start:\n${this.#tail()}`);
      }
      await delay(250);
    }
  }

  /** Ends it in order. */
  async stop() {
    await this.#end('SIGTERM');
  }

  /** Ends it as a crash would. */
  async kill() {
    await this.#end('SIGKILL');
  }

  async #end(signal) {
    const child = this.#child;
    if (this.#running()) {
      const ended = new Promise(resolve => child.once('exit', resolve));
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(timer);
    }
    this.#child = undefined;
    this.#endTimers();
  }

  /** The database of its timers is a process of its own, which outlives a service that was killed. */
  #endTimers() {
    const temporary = path.join(this.#folder, 'tmp');
    if (!fs.existsSync(temporary)) return;
    const pidFiles = fs
      .readdirSync(temporary, { withFileTypes: true, recursive: true })
      .filter(entry => entry.name === 'postmaster.pid');
    for (const entry of pidFiles) {
      const file = path.join(entry.parentPath ?? entry.path, entry.name);
      const pid = Number(fs.readFileSync(file, 'utf8').split('\n')[0]);
      try {
        process.kill(pid, 'SIGQUIT');
      } catch {
        // It has ended already.
      }
      fs.rmSync(file, { force: true });
    }
  }

  #running() {
    return (
      this.#child?.pid !== undefined &&
      this.#child.exitCode === null &&
      this.#child.signalCode === null
    );
  }

  async #ready() {
    try {
      const response = await fetch(`${this.#url}/q/health/ready`, {
        signal: AbortSignal.timeout(5_000),
      });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  #tail() {
    return fs.existsSync(this.log)
      ? fs.readFileSync(this.log, 'utf8').slice(-LOG_TAIL)
      : '';
  }
}
