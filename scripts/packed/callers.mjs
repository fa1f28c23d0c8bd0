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

// The three callers, each against a running backend: a portal user, an external script, and the code of another plugin.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

const deadlineMs = 60_000;

async function until(what, attempt) {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const result = await attempt();
    if (result !== undefined) return result;
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await delay(250);
  }
}

/** Calls the plugin's HTTP API as one caller. */
class Caller {
  #baseUrl;
  #token;

  constructor(backendUrl, token) {
    this.#baseUrl = `${backendUrl}/api/orchestrator`;
    this.#token = token;
  }

  async send(method, path, body) {
    const response = await fetch(`${this.#baseUrl}${path}`, {
      method,
      headers: {
        ...(this.#token ? { Authorization: `Bearer ${this.#token}` } : {}),
        ...(body ? { 'Content-Type': 'application/json' } : {}),
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text ? JSON.parse(text) : undefined,
    };
  }

  async ask(method, path, body) {
    const answer = await this.send(method, path, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  }

  async startAndWait(workflowId, inputData) {
    const { id } = await this.ask(
      'POST',
      `/v2/workflows/${workflowId}/execute`,
      { inputData },
    );
    return until(`the end of run ${id}`, async () => {
      const run = await this.ask('GET', `/v2/workflows/instances/${id}`);
      return ['ACTIVE', 'PENDING'].includes(run.state) ? undefined : run;
    });
  }
}

function assertGreeted(run, initiator, name) {
  assert.equal(run.state, 'COMPLETED', JSON.stringify(run));
  assert.equal(run.initiatorEntity, initiator);
  assert.equal(run.workflowdata.greeting, `Hello, ${name}!`);
}

async function guestToken(backendUrl) {
  const response = await fetch(`${backendUrl}/api/auth/guest/refresh`, {
    method: 'POST',
    headers: { 'X-Requested-With': 'XMLHttpRequest' },
  });
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()).backstageIdentity.token;
}

/**
 * Checks that each caller is known as who it is, starts a run of its own, and may do no more than it was granted.
 *
 * @param {import('./Checks.mjs').Checks} checks
 * @param {string} backendUrl
 * @param {{ script: string, auditor: string }} tokens - the static tokens of the app's configuration
 */
export async function checkCallers(checks, backendUrl, tokens) {
  await checks.check('a call without a token is refused', async () => {
    const answer = await new Caller(backendUrl).send('GET', '/v2/whoami');
    assert.equal(answer.status, 401);
    assert.equal(answer.body.error.code, 'auth.missing_token');
    assert.match(answer.headers.get('www-authenticate'), /^Bearer\b/);
  });

  await checks.check('a portal user starts a run', async () => {
    const user = new Caller(backendUrl, await guestToken(backendUrl));
    const { principal } = await user.ask('GET', '/v2/whoami');
    assert.equal(principal.type, 'user');
    assert.match(principal.ref, /^user:/);
    const run = await user.startAndWait('greeting', { name: 'Ada' });
    assertGreeted(run, principal.ref, 'Ada');
  });

  await checks.check('a static token starts a run', async () => {
    const script = new Caller(backendUrl, tokens.script);
    const { principal } = await script.ask('GET', '/v2/whoami');
    assert.deepEqual(principal, {
      type: 'external',
      ref: 'external:ci-script',
    });
    const run = await script.startAndWait('greeting', { name: 'Grace' });
    assertGreeted(run, 'external:ci-script', 'Grace');
  });

  await checks.check('a scheduled task of a plugin starts a run', async () => {
    const auditor = new Caller(backendUrl, tokens.auditor);
    const run = await until('the run of the scheduled task', async () => {
      const { items } = await auditor.ask(
        'POST',
        '/v2/workflows/instances',
        {},
      );
      return items.find(
        item =>
          item.initiatorEntity === 'plugin:nightly-report' &&
          item.state === 'COMPLETED',
      );
    });
    assertGreeted(run, 'plugin:nightly-report', 'nightly-report');
  });

  await checks.check('a caller without the scope is refused', async () => {
    const auditor = new Caller(backendUrl, tokens.auditor);
    const answer = await auditor.send(
      'POST',
      '/v2/workflows/greeting/execute',
      { inputData: { name: 'Eve' } },
    );
    assert.equal(answer.status, 403);
    assert.equal(answer.body.error.code, 'auth.missing_scope');
    assert.deepEqual(answer.body.error.requiredScopes, ['workflows:execute']);
  });

  await checks.check('the runs of others are hidden', async () => {
    const script = new Caller(backendUrl, tokens.script);
    const { items } = await script.ask('POST', '/v2/workflows/instances', {});
    assert.ok(items.length > 0, 'its own runs are missing');
    const others = items.filter(
      item => item.initiatorEntity !== 'external:ci-script',
    );
    assert.deepEqual(others, []);
  });
}
