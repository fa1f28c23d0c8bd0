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

// The callers that come without a browser, as the README shows them.
import assert from 'node:assert/strict';
import { call } from './call.mjs';
import { section } from './page.mjs';

const TOKENS = {
  ci: 'demo-only-ci-script-token',
  readOnly: 'demo-only-read-only-script-token',
  weather: 'demo-only-weather-script-token',
};

const weather = { inputData: { city: 'Berlin' } };

export const callerTests = [
  {
    name: 'a static token starts a run as itself',
    async run({ baseUrl }) {
      const whoami = await call(baseUrl, TOKENS.ci, 'GET', '/whoami');
      assert.deepEqual(whoami.body.principal, {
        type: 'external',
        ref: 'external:ci-script',
      });
      const started = await call(
        baseUrl,
        TOKENS.ci,
        'POST',
        '/workflows/weather/execute',
        weather,
      );
      assert.equal(started.status, 200, JSON.stringify(started.body));
      const run = await call(
        baseUrl,
        TOKENS.ci,
        'GET',
        `/workflows/instances/${started.body.id}`,
      );
      assert.equal(run.body.initiatorEntity, 'external:ci-script');
    },
  },
  {
    name: 'a token that may only read is told which scope it lacks',
    async run({ baseUrl }) {
      const list = await call(
        baseUrl,
        TOKENS.readOnly,
        'POST',
        '/workflows/overview',
        {},
      );
      assert.equal(list.body.totalCount, 3);
      const refused = await call(
        baseUrl,
        TOKENS.readOnly,
        'POST',
        '/workflows/weather/execute',
        weather,
      );
      assert.equal(refused.status, 403);
      assert.equal(refused.body.error.code, 'auth.missing_scope');
      assert.deepEqual(refused.body.error.requiredScopes, [
        'workflows:execute',
      ]);
      assert.match(refused.challenge, /insufficient_scope/);
    },
  },
  {
    name: 'a token for one workflow starts that one and no other',
    async run({ baseUrl }) {
      const statuses = [];
      for (const id of ['weather', 'nightly', 'refund', 'unknown']) {
        const { status } = await call(
          baseUrl,
          TOKENS.weather,
          'POST',
          `/workflows/${id}/execute`,
          weather,
        );
        statuses.push(status);
      }
      assert.deepEqual(statuses, [200, 403, 403, 403]);
    },
  },
  {
    name: 'the scheduled task starts runs as its plugin',
    async run({ signIn }) {
      const page = await signIn('Carol Cohen');
      const row = section(page, 'Runs')
        .getByRole('row')
        .filter({ hasText: 'plugin:nightly-report' })
        .first();
      await row.getByText('Nightly report').waitFor();
      await row.getByRole('link').click();
      await page.getByText('plugin:nightly-report').first().waitFor();
    },
  },
];
