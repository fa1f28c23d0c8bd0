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

// What the walks do with tokens, and what they expect of the answers.
import assert from 'node:assert/strict';

/** Calls a backend as people and with tokens. */
export class Caller {
  #backend;
  #names = 0;

  /** @param {import('./TokenBackend.mjs').TokenBackend} backend */
  constructor(backend) {
    this.#backend = backend;
  }

  /** A call of one of the people, by name. */
  async as(person, method, route, body) {
    const token = await this.#backend.signIn(person);
    return this.#backend.call(method, route, token, body);
  }

  /** A call with a token. */
  with(token, method, route, body) {
    return this.#backend.call(method, route, token, body);
  }

  /** Makes a token of a kind. */
  async create({ kind, minter, request }, more = {}) {
    this.#names += 1;
    const answer = await this.as(minter, 'POST', '/tokens', {
      json: { kind, name: `${kind} ${this.#names}`, ...request, ...more },
    });
    assert.equal(answer.status, 201, answer.text);
    assert.ok(answer.headers.get('location').endsWith(answer.body.token.id));
    return answer.body;
  }

  /** Gives a token a new secret. */
  async rotate({ minter }, id, request) {
    const answer = await this.as(minter, 'POST', `/tokens/${id}/rotate`, {
      json: request,
    });
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  }

  /** The token as who made it sees it. */
  async show({ minter }, id) {
    const answer = await this.as(minter, 'GET', `/tokens/${id}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  }

  /** Expects that a secret is accepted. */
  async expectAccepted(secret) {
    const answer = await this.with(secret, 'GET', '/whoami');
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  }

  /** Expects that a secret is refused. */
  async expectRefused(secret, code) {
    const answer = await this.with(secret, 'GET', '/whoami');
    expectError(answer, 401, code);
    assert.match(
      answer.headers.get('www-authenticate'),
      /^Bearer .*error="invalid_token"/,
    );
  }
}

/** Expects a refusal with its status and its stable code. */
export function expectError(answer, status, code) {
  assert.deepEqual([answer.status, answer.code], [status, code], answer.text);
}
