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

import type { JsonObject, JsonValue } from '@backstage/types';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import type { BenchDatabase } from './BenchDatabase';

/** How long a server may take to start; milliseconds. */
const START_MS = 120_000;

/** The external script of the bench. */
const STATIC_TOKEN = 'bench-only-static-token';

async function freePort(): Promise<number> {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function untilStarted(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error('The server did not start in time')),
      START_MS,
    );
    child.once('exit', code => {
      clearTimeout(timer);
      reject(new Error(`The server ended with ${code}`));
    });
    // The transform of TypeScript sends messages of its own.
    child.on('message', message => {
      if ((message as { type?: string }).type !== 'started') return;
      clearTimeout(timer);
      resolve();
    });
  });
}

/** A backend in a process of its own, and the callers that it knows. */
export class BenchServer {
  readonly #child: ChildProcess;
  readonly #url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#url = url;
  }

  /** Where the orchestrator is served. */
  get orchestrator(): string {
    return `${this.#url}/api/orchestrator`;
  }

  /** Where the routes are served that it is measured against. */
  get bench(): string {
    return `${this.#url}/api/bench`;
  }

  /**
   * Starts a server.
   *
   * @param database - where it keeps its data
   * @param definitions - the folder of its workflows
   * @param orchestrator - further configuration of the plugin
   */
  static async start(
    database: BenchDatabase,
    definitions: string,
    orchestrator: JsonObject = {},
  ): Promise<BenchServer> {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const config: JsonObject = {
      app: { baseUrl: url },
      backend: {
        baseUrl: url,
        listen: { host: '127.0.0.1', port },
        database: database.config,
        auth: {
          externalAccess: [
            {
              type: 'static',
              options: { token: STATIC_TOKEN, subject: 'bench-script' },
              accessRestrictions: [{ plugin: 'orchestrator' }],
            },
          ],
        },
      },
      auth: { environment: 'development', providers: { bench: {} } },
      permission: { enabled: true },
      orchestrator: {
        auth: { admins: ['user:default/admin'] },
        engines: { embedded: { definitions: [definitions] } },
        ...orchestrator,
      },
    };
    const child = fork(path.join(__dirname, 'server/main.ts'), {
      execArgv: ['--require', '@backstage/cli/config/nodeTransform.cjs'],
      env: {
        ...process.env,
        BENCH_CONFIG: JSON.stringify(config),
        // The lines of the access log would be measured along with every route alike.
        LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    try {
      await untilStarted(child);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return new BenchServer(child, url);
  }

  /** Signs a user in. */
  async userToken(ref: string): Promise<string> {
    const answer = await this.#send('POST', '/api/auth/bench/refresh', {
      headers: { 'x-bench-user': ref, 'X-Requested-With': 'XMLHttpRequest' },
    });
    return (answer as { backstageIdentity: { token: string } })
      .backstageIdentity.token;
  }

  /** The token of an external script. */
  staticToken(): string {
    return STATIC_TOKEN;
  }

  /** Plugin tokens of the plugin `bench`, each signed anew. */
  async pluginTokens(target: string, count: number): Promise<string[]> {
    const answer = await this.#send('POST', '/api/bench/open/plugin-tokens', {
      body: { target, count },
    });
    return (answer as { tokens: string[] }).tokens;
  }

  /** Has the routes of the plugin `bench` answer with a body under a name. */
  async putBody(name: string, body: JsonValue): Promise<void> {
    await this.#send('PUT', `/api/bench/open/bodies/${name}`, { body });
  }

  /** Calls the orchestrator. */
  async call(
    token: string,
    method: string,
    route: string,
    body?: JsonValue,
  ): Promise<JsonValue> {
    return this.#send(method, `/api/orchestrator${route}`, {
      headers: { Authorization: `Bearer ${token}` },
      body,
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }

  async #send(
    method: string,
    route: string,
    options: { headers?: Record<string, string>; body?: JsonValue },
  ): Promise<JsonValue> {
    const response = await fetch(`${this.#url}${route}`, {
      method,
      headers: {
        ...options.headers,
        ...(options.body === undefined
          ? {}
          : { 'Content-Type': 'application/json' }),
      },
      body:
        options.body === undefined ? undefined : JSON.stringify(options.body),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${route}: ${response.status} ${text}`);
    }
    return JSON.parse(text);
  }
}
