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

import { TestDatabases } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { orchestratorWorkflowConditions } from '@flowgate/backstage-plugin-orchestrator-common';
import type { TestPolicy } from '../__testUtils__/TestPortal';
import {
  startTokenPortal,
  type TokenWorld,
  usualWorld,
} from './__testUtils__/tokenPortal';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(60_000);

type Portal = Awaited<ReturnType<typeof startTokenPortal>>;

const DAY = 24 * 60 * 60_000;

const only = (...workflowIds: string[]): ReturnType<TestPolicy> => ({
  result: AuthorizeResult.CONDITIONAL,
  pluginId: 'orchestrator',
  resourceType: 'orchestrator-workflow',
  conditions: orchestratorWorkflowConditions.isAllowedWorkflowId({
    workflowIds,
  }),
});

describe('the permission policy and managed tokens', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let world: TokenWorld = usualWorld();
    let on: Portal;
    const call: Portal['call'] = (...args) => on.call(...args);
    const user: Portal['user'] = (...args) => on.user(...args);
    const mint: Portal['mint'] = (...args) => on.mint(...args);
    const execute: Portal['execute'] = (...args) => on.execute(...args);
    const codeOf: Portal['codeOf'] = (...args) => on.codeOf(...args);

    beforeAll(async () => {
      on = await startTokenPortal(
        await databases.init(databaseId),
        () => world,
      );
    });

    beforeEach(() => {
      world = usualWorld();
    });

    afterAll(() => on?.portal.stop());

    it('never do more than the policy lets the user who minted them', async () => {
      const minter = 'user:default/carol';
      world.policy = ({ permission }, caller) =>
        caller?.info.userEntityRef === minter && 'resourceType' in permission
          ? only('report')
          : { result: AuthorizeResult.ALLOW };
      on.portal.issuer.belongsTo(minter, ['group:default/team']);
      const token = await user('carol');
      const other = await user('alice');
      const scopes = ['workflows:execute', 'workflows:read'];
      const minted = [
        await mint(token, { kind: 'personal', scopes }),
        await mint(token, {
          kind: 'group',
          owner: 'group:default/team',
          scopes,
        }),
        await mint(token, { kind: 'service', scopes }),
      ];
      const trigger = await mint(token, {
        kind: 'trigger',
        workflowId: 'report',
      });
      expect(
        await codeOf(
          call('post', '/v2/tokens', token, {
            kind: 'trigger',
            name: 'other',
            workflowId: 'deploy',
          }),
        ),
      ).toBe('workflow.not_found');
      const everyone = async () =>
        Promise.all(
          [...minted, trigger].map(async ({ secret }) => [
            await codeOf(execute('report', secret)),
            await codeOf(execute('deploy', secret)),
          ]),
        );
      const expected = [
        ['ok', 'workflow.not_found'],
        ['ok', 'workflow.not_found'],
        ['ok', 'workflow.not_found'],
        ['ok', 'auth.missing_scope'],
      ];
      expect(await everyone()).toEqual(expected);
      // Loosened for somebody else: nothing changes, also once that one was seen.
      const before = world.policy;
      world.policy = (query, caller) =>
        caller?.info.userEntityRef === 'user:default/alice'
          ? { result: AuthorizeResult.ALLOW }
          : before(query, caller);
      await call('get', '/v2/whoami', other).expect(200);
      await call('get', '/v2/whoami', token).expect(200);
      expect(await everyone()).toEqual(expected);
      // Denied: the personal token at once, when the owner is seen.
      world.policy = ({ permission }, caller) =>
        caller?.info.userEntityRef === minter && 'resourceType' in permission
          ? { result: AuthorizeResult.DENY }
          : { result: AuthorizeResult.ALLOW };
      expect(await codeOf(execute('report', minted[0].secret))).toBe('ok');
      await call('get', '/v2/whoami', token).expect(200);
      expect(await codeOf(execute('report', minted[0].secret))).toBe(
        'auth.policy_denied',
      );
      expect(await codeOf(execute('report', minted[1].secret))).toBe('ok');
    });

    it('end for a while when the owner was not seen for too long', async () => {
      const bob = await user('bob');
      const { secret } = await mint(bob, {
        kind: 'personal',
        scopes: ['workflows:read'],
      });
      const read = () =>
        codeOf(call('post', '/v2/workflows/overview', secret, {}));
      world.now += 14 * DAY;
      expect(await read()).toBe('ok');
      world.now += 1;
      expect(await read()).toBe('auth.principal_not_allowed');
      const leaked = await mint(await user('alice'), {
        kind: 'personal',
        scopes: ['workflows:read'],
      });
      world.now += 15 * DAY;
      expect(await codeOf(call('get', '/v2/whoami', leaked.secret))).toBe(
        'auth.principal_not_allowed',
      );
      // It can still be ended by who found it.
      expect(
        await codeOf(
          call('delete', `/v2/tokens/${leaked.token.id}`, leaked.secret),
        ),
      ).toBe('ok');
      expect(await codeOf(call('get', '/v2/whoami', leaked.secret))).toBe(
        'auth.token_revoked',
      );
      await call('get', '/v2/whoami', bob).expect(200);
      expect(await read()).toBe('ok');
    });

    it('are explained to who may know', async () => {
      const alice = await user('alice');
      const { token, secret } = await mint(alice, {
        kind: 'personal',
        scopes: ['workflows:execute:report'],
      });
      const explain = async (as: string, body: object) => {
        const { status, body: answer } = await call(
          'post',
          '/v2/explain',
          as,
          body,
        );
        return status === 200
          ? [
              answer.decision,
              answer.code,
              ...answer.layers
                .filter(
                  (layer: { outcome: string }) => layer.outcome === 'deny',
                )
                .map((layer: { layer: string }) => layer.layer),
            ]
          : [status, answer.error.code];
      };
      const scope = 'workflows:execute';
      const asked = { scope, workflowId: 'deploy' };
      expect(await explain(alice, asked)).toEqual(['allow', undefined]);
      expect(await explain(secret, asked)).toEqual([
        'deny',
        'auth.missing_scope',
        'token',
        'workspace',
      ]);
      expect(await explain(alice, { ...asked, tokenId: token.id })).toEqual(
        await explain(secret, asked),
      );
      const bob = await user('bob');
      expect(await explain(bob, { ...asked, tokenId: token.id })).toEqual([
        403,
        'auth.missing_scope',
      ]);
      expect(await explain(bob, { ...asked, tokenId: '000000000000' })).toEqual(
        [403, 'auth.missing_scope'],
      );
      expect(
        await explain(bob, { ...asked, principal: 'user:default/alice' }),
      ).toEqual([403, 'auth.missing_scope']);
      const carol = await user('carol');
      expect(
        await explain(carol, { ...asked, principal: 'user:default/alice' }),
      ).toEqual(['allow', undefined]);
      expect(
        await explain(carol, { ...asked, principal: 'external:nobody' }),
      ).toEqual(['deny', 'auth.missing_scope', 'grants', 'workspace']);
      expect(
        await explain(carol, { ...asked, tokenId: '000000000000' }),
      ).toEqual([404, 'token.not_found']);
      expect(await explain(carol, { ...asked, principal: 'alice' })).toEqual([
        400,
        'request.invalid',
      ]);
      await call('post', `/v2/tokens/${token.id}/revoke`, alice, {}).expect(
        200,
      );
      expect(await explain(carol, { ...asked, tokenId: token.id })).toEqual([
        'deny',
        'auth.token_revoked',
        'token',
      ]);
    });
  });
});
