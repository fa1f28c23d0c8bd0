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

import { FakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import type { Knex } from 'knex';
import request from 'supertest';
import {
  startTestPortal,
  type TestPolicy,
} from '../../__testUtils__/TestPortal';

/** The token of the configuration in a portal of these tests. */
export const BOOTSTRAP = 'bootstrap-token-of-more-than-32-characters';

/** What a test may change while the portal runs. */
export interface TokenWorld {
  /** Milliseconds since the epoch. */
  now: number;
  policy: TestPolicy;
}

/** Lets everybody do everything that grants give, at the time of the machine. */
export function usualWorld(): TokenWorld {
  return {
    now: Date.now(),
    policy: () => ({ result: AuthorizeResult.ALLOW }),
  };
}

/** A portal with two workflows, in which nothing of the policy is remembered, and what tests do with tokens in it. */
export async function startTokenPortal(knex: Knex, world: () => TokenWorld) {
  const portal = await startTestPortal({
    knex,
    engines: [
      new FakeEngine({
        definitions: [
          { id: 'deploy', scenario: 'waits' },
          { id: 'report', scenario: 'waits' },
        ],
      }),
    ],
    now: () => world().now,
    policy: (query, user) => world().policy(query, user),
    config: {
      orchestrator: {
        auth: {
          admins: ['user:default/carol'],
          rememberPolicy: { seconds: 0 },
          bootstrap: {
            token: BOOTSTRAP,
            scopes: ['tokens:write', 'tokens:admin', 'workflows:read'],
            expiresAt: '2100-01-01T00:00:00Z',
          },
        },
      },
    },
  });
  portal.issuer.belongsTo('user:default/alice', ['group:default/team']);
  portal.issuer.belongsTo('user:default/bob', ['group:default/team']);

  const call = (
    method: 'get' | 'post' | 'delete',
    path: string,
    token: string,
    body?: object,
  ) => {
    const sent = request(portal.server)
      [method](`/api/orchestrator${path}`)
      .set('Authorization', `Bearer ${token}`);
    return body ? sent.send(body) : sent;
  };
  let names = 0;
  return {
    portal,
    call,
    /** A Backstage token of a user. */
    user: (name: string) => portal.issuer.userToken(`user:default/${name}`),
    async mint(as: string, body: object) {
      names += 1;
      const answer = await call('post', '/v2/tokens', as, {
        name: `token ${names}`,
        ...body,
      });
      if (answer.status !== 201) {
        throw new Error(`Not minted: ${JSON.stringify(answer.body)}`);
      }
      return answer.body as { token: { id: string }; secret: string };
    },
    execute: (workflowId: string, token: string) =>
      call('post', `/v2/workflows/${workflowId}/execute`, token, {}),
    /** The code of a refusal, or `ok`. */
    async codeOf(sent: request.Test): Promise<string> {
      const { status, body } = await sent;
      return status < 400 ? 'ok' : body.error.code;
    },
  };
}
