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

// One of several backends on one database, and what callers see of it.
import http from 'node:http';
import fs from 'node:fs';
import path from 'node:path';
import { startBackend } from '../e2e/backend.mjs';
import { DatabaseProxy } from './DatabaseProxy.mjs';

/** A backend, one of several, that reaches its database through a proxy of its own or directly. */
export class Replica {
  #agent = new http.Agent({ keepAlive: true });
  #backend;

  constructor(name, proxy, backend) {
    this.name = name;
    this.proxy = proxy;
    this.#backend = backend;
  }

  /**
   * Starts a replica. The server knows its connections by its name.
   *
   * @param {{ name: string, root: string, folder: string, database: URL, orchestrator: object, prefix?: string, isProxied?: boolean }} options
   *   `prefix`: of the names of its databases
   */
  static async start({
    name,
    root,
    folder,
    database,
    orchestrator,
    prefix,
    isProxied = true,
  }) {
    const own = path.join(folder, name);
    fs.mkdirSync(own);
    const target = { host: database.hostname, port: Number(database.port) };
    const proxy = isProxied ? new DatabaseProxy(target) : undefined;
    const address = proxy
      ? { host: '127.0.0.1', port: await proxy.start() }
      : target;
    try {
      const backend = await startBackend({
        root,
        folder: own,
        orchestrator,
        config: {
          backend: {
            database: {
              client: 'pg',
              ...(prefix ? { prefix } : {}),
              connection: {
                ...address,
                application_name: name,
                user: decodeURIComponent(database.username),
                password: decodeURIComponent(database.password),
                // The rest of the demo's connection, which is for SQLite.
                directory: null,
              },
            },
          },
        },
      });
      return new Replica(name, proxy, backend);
    } catch (error) {
      await proxy?.stop();
      throw error;
    }
  }

  async stop() {
    this.#agent.destroy();
    this.proxy?.set('open');
    await this.#backend.stop();
    await this.proxy?.stop();
  }

  /** Ends it as a crash would. */
  async kill() {
    this.#agent.destroy();
    await this.#backend.kill();
    await this.proxy?.stop();
  }

  /** Stops its processes where they stand, as a machine does that is frozen. */
  pause() {
    this.#backend.signal('SIGSTOP');
  }

  /** Lets its processes go on after `pause`. */
  resume() {
    // What connections were open have timed out meanwhile, on either side.
    this.#agent.destroy();
    this.#agent = new http.Agent({ keepAlive: true });
    this.#backend.signal('SIGCONT');
  }

  /** @returns {Promise<string>} the Backstage token of one of the people of the demo */
  async signIn(person) {
    const response = await fetch(
      `${this.#backend.baseUrl}/api/auth/demo/refresh`,
      { headers: { 'x-demo-person': person } },
    );
    return (await response.json()).backstageIdentity.token;
  }

  /**
   * Calls the orchestrator.
   *
   * @param {{ headers?: Record<string, string>, signal?: AbortSignal }} [options]
   * @returns {Promise<{ status: number, body: any }>}
   */
  async call(token, method, route, body, { headers, signal } = {}) {
    const url = new URL(`${this.#backend.baseUrl}/api/orchestrator${route}`);
    const text = body && JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = http.request(
        url,
        {
          method,
          signal,
          agent: this.#agent,
          headers: {
            Authorization: `Bearer ${token}`,
            ...(text ? { 'Content-Type': 'application/json' } : {}),
            ...headers,
          },
        },
        response => {
          const chunks = [];
          response.on('data', chunk => chunks.push(chunk));
          response.once('error', reject);
          response.once('end', () => {
            const answer = Buffer.concat(chunks).toString();
            resolve({
              status: response.statusCode,
              body: answer && JSON.parse(answer),
            });
          });
        },
      );
      request.once('error', reject);
      request.end(text);
    });
  }

  /** Uses a token for something that needs nothing but a valid one. */
  async use(token) {
    return this.call(token, 'GET', '/v2/whoami');
  }
}
