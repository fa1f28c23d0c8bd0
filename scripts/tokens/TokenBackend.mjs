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

// A backend on a database of its own, by the clock of this process, with everything that it says kept.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '../..');
const START_MS = 180_000;
const STOP_MS = 20_000;
/** How long it may take to hear of a new time. */
const CLOCK_MS = 60_000;
const PEOPLE = ['alice', 'bob', 'carol', 'dave'];

/** What the backend answered. */
class Answer {
  /** The JSON of the body, or its text where it is none. */
  body;

  constructor(status, headers, text) {
    this.status = status;
    this.headers = headers;
    this.text = text;
    try {
      this.body = JSON.parse(text);
    } catch {
      this.body = text;
    }
  }

  /** The stable code of a refusal. */
  get code() {
    return this.body?.error?.code;
  }
}

async function freePort() {
  const server = net.createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

export class TokenBackend {
  #options;
  #child;
  #ended;
  #port;
  #now;
  #log = '';
  #signedIn = new Map();

  /**
   * @param {{ folder: string, database: { config: object }, orchestrator: object, witness: import('./Witness.mjs').Witness, now: number }}
   *   options `folder` takes the config; `now` is where the clock begins, milliseconds
   */
  constructor(options) {
    this.#options = options;
    this.#now = options.now;
  }

  /** Where the clock of the orchestrator is; milliseconds since the epoch. */
  get now() {
    return this.#now;
  }

  /** Everything that it has written. */
  get log() {
    return this.#log;
  }

  /** Starts it, or starts it again where it was. */
  async start() {
    this.#port ??= await freePort();
    const file = path.join(this.#options.folder, 'app-config.json');
    fs.writeFileSync(file, JSON.stringify(this.#config()));
    this.#child = fork(
      path.join(here, 'server/main.ts'),
      // JSON is YAML too.
      ['--config', file],
      {
        execArgv: [
          '--require',
          createRequire(import.meta.url).resolve(
            '@backstage/cli-node/config/nodeTransform.cjs',
          ),
        ],
        env: {
          ...process.env,
          // The demo's sign-in works in development only.
          NODE_ENV: 'development',
          LOG_LEVEL: 'debug',
          TOKENS_NOW: String(this.#now),
        },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    );
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', text => {
        this.#log += text;
      });
    }
    this.#ended = new Promise(resolve => this.#child.once('exit', resolve));
    await this.#heard('started', START_MS);
    const end = Date.now() + START_MS;
    while (!(await this.#knowsPeople())) {
      assert.ok(Date.now() < end, 'The catalog does not know the people');
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  }

  /** Stops it as an operator would. */
  async stop() {
    if (!this.#child) return;
    const child = this.#child;
    this.#child = undefined;
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    child.kill('SIGTERM');
    await this.#ended;
    clearTimeout(timer);
  }

  /**
   * Moves the clock of the orchestrator.
   *
   * @param {number} now milliseconds since the epoch
   */
  async moveTo(now) {
    assert.ok(now >= this.#now, 'The clock only goes on');
    this.#now = now;
    const heard = this.#heard('clock', CLOCK_MS);
    this.#child.send({ type: 'clock', now });
    await heard;
  }

  /** @param {number} by milliseconds */
  async advance(by) {
    await this.moveTo(this.#now + by);
  }

  /** @returns {Promise<string>} a Backstage token of one of the people */
  async signIn(person) {
    const known = this.#signedIn.get(person);
    if (known) return known;
    const answer = await fetch(`${this.#url}/api/auth/demo/refresh`, {
      headers: { 'x-demo-person': person },
    });
    assert.equal(answer.status, 200, `${person} cannot sign in`);
    const { token } = (await answer.json()).backstageIdentity;
    this.#signedIn.set(person, token);
    this.#options.witness.keep(`the Backstage token of ${person}`, token);
    return token;
  }

  /**
   * Calls the orchestrator. All of the answer is kept for the search, but a secret that it mints.
   *
   * @param {string} method
   * @param {string} route below `/v2`
   * @param {string | undefined} token what is presented
   * @param {{ json?: unknown, form?: Record<string, string> }} [body]
   */
  async call(method, route, token, { json, form } = {}) {
    const response = await fetch(`${this.#url}/api/orchestrator/v2${route}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      // A form says by itself what it is.
      body: form ? new URLSearchParams(form) : json && JSON.stringify(json),
    });
    const text = await response.text();
    const answer = new Answer(response.status, response.headers, text);
    const { witness } = this.#options;
    const minted = answer.body?.secret;
    if (typeof minted === 'string') {
      witness.keep(`a secret of ${answer.body.token?.id}`, minted);
      assert.equal(response.headers.get('cache-control'), 'no-store');
    }
    witness.saw(
      `the answer to ${method} ${route}`,
      JSON.stringify([
        ...response.headers,
        // The answer that mints a secret is the one place where it stands, once.
        minted ? text.replace(minted, '') : text,
      ]),
    );
    return answer;
  }

  get #url() {
    return `http://localhost:${this.#port}`;
  }

  #heard(type, ms) {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const done = (settle, value) => {
        clearTimeout(timer);
        child.off('message', hear);
        child.off('exit', leave);
        settle(value);
      };
      // The transform of TypeScript sends messages of its own.
      const hear = message => message?.type === type && done(resolve);
      const leave = code =>
        done(reject, new Error(`The backend ended with ${code}`));
      const timer = setTimeout(
        () => done(reject, new Error(`The backend never said: ${type}`)),
        ms,
      );
      child.on('message', hear);
      child.on('exit', leave);
    });
  }

  async #knowsPeople() {
    try {
      const answer = await fetch(`${this.#url}/api/auth/demo/people`);
      if (!answer.ok) return false;
      return (await answer.json()).people.length === PEOPLE.length;
    } catch {
      // A connection to the one before it ends only now.
      return false;
    }
  }

  #config() {
    return {
      app: { title: 'Tokens', baseUrl: this.#url },
      organization: { name: 'Tokens' },
      backend: {
        baseUrl: this.#url,
        listen: { host: '127.0.0.1', port: this.#port },
        database: this.#options.database.config,
      },
      auth: {
        providers: {
          demo: { people: PEOPLE.map(name => `user:default/${name}`) },
        },
      },
      catalog: {
        rules: [{ allow: ['User', 'Group'] }],
        locations: [
          { type: 'file', target: path.join(root, 'examples/org.yaml') },
        ],
      },
      permission: { enabled: true },
      orchestrator: this.#options.orchestrator,
    };
  }
}
