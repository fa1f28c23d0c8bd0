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

// What the orchestrator must be able to do as a dynamic plugin.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

const deadlineMs = 30_000;

async function until(what, attempt) {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const result = await attempt();
    if (result !== undefined) return result;
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await delay(200);
  }
}

/**
 * Checks the plugin of a running backend.
 *
 * @param {import('../packed/Checks.mjs').Checks} checks
 * @param {string} backendUrl
 * @param {string} token - of an external caller
 */
export async function checkPlugin(checks, backendUrl, token) {
  const ask = async (method, path, body, authorization = `Bearer ${token}`) => {
    const response = await fetch(`${backendUrl}/api/orchestrator${path}`, {
      method,
      headers: {
        ...(authorization && { Authorization: authorization }),
        ...(body && { 'Content-Type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text ? JSON.parse(text) : undefined,
    };
  };
  const overviews = async () =>
    (await ask('POST', '/v2/workflows/overview', {})).body.overviews ?? [];

  await checks.check('its gate stands before it', async () => {
    const { status, body } = await ask('GET', '/v2/whoami', undefined, '');
    assert.equal(status, 401);
    assert.equal(body.error.code, 'auth.missing_token');
  });

  await checks.check('it knows its callers', async () => {
    const { status, body } = await ask('GET', '/v2/whoami');
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.principal.ref, 'external:ci-script');
  });

  await checks.check('the embedded engine in it runs workflows', async () => {
    const started = await ask('POST', '/v2/workflows/greeting/execute', {
      inputData: { name: 'Ada' },
    });
    assert.equal(started.status, 200, JSON.stringify(started.body));
    const run = await until('the end of the run', async () => {
      const { body } = await ask(
        'GET',
        `/v2/workflows/instances/${started.body.id}`,
      );
      return ['ACTIVE', 'PENDING'].includes(body.state) ? undefined : body;
    });
    assert.equal(run.state, 'COMPLETED', JSON.stringify(run));
    assert.equal(run.workflowdata.greeting, 'Hello, Ada!');
  });

  await checks.check('SonataFlow is in it where it is configured', async () => {
    const workflow = await until('the workflow of SonataFlow', async () =>
      (await overviews()).find(one => one.workflowId === 'remote-hello'),
    );
    assert.equal(workflow.name, 'Remote hello');
    assert.equal(workflow.isAvailable, true, JSON.stringify(workflow));
  });

  await checks.check('its actions are there for MCP clients', async () => {
    const { status, body } = await ask(
      'POST',
      '/.backstage/actions/v1/actions/orchestrator:list-workflows/invoke',
      { name: 'greet' },
    );
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(
      body.output.workflows.map(({ workflowId }) => workflowId),
      ['greeting'],
    );
  });

  await checks.check('its permissions are there for the policy', async () => {
    const { status, body } = await ask(
      'GET',
      '/.well-known/backstage/permissions/metadata',
    );
    assert.equal(status, 200, JSON.stringify(body));
    assert.ok(body.rules.some(({ name }) => name === 'IS_ALLOWED_WORKFLOW_ID'));
  });
}
