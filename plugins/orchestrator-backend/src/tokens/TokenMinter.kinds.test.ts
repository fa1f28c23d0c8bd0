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
import { ConfigReader } from '@backstage/config';
import { readTokenConfig } from '../config/readTokenConfig';
import { AuditStore } from '../database/AuditStore';
import { TokenStore } from '../database/TokenStore';
import { MINTED_AT } from './__testUtils__/someTokens';
import {
  admin,
  callerAccess,
  codeOf,
  createTokenFixture,
  faultsOf,
  grant,
  USER_SCOPES,
} from './__testUtils__/tokenFixture';
import { TokenMinter } from './TokenMinter';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const setup = async () => createTokenFixture(await databases.init('SQLITE_3'));

describe('the kinds of tokens', () => {
  it('agent comes later', async () => {
    const { mint } = await setup();
    expect(await faultsOf(mint(admin, { kind: 'agent' }))).toEqual([
      'body/kind agent comes with agents',
    ]);
  });

  it('service has no owner, and needs tokens:admin', async () => {
    const { mint } = await setup();
    expect(await codeOf(mint(callerAccess(), { kind: 'service' }))).toBe(
      'auth.missing_scope',
    );
    const { token, secret } = await mint(admin, { kind: 'service' });
    expect(token).toMatchObject({ createdBy: 'user:default/admin' });
    expect(token.owner).toBeUndefined();
    expect(secret).toMatch(/^orch_svc_/);
  });

  it('service says so where the policy takes tokens:admin away', async () => {
    const { mint } = await setup();
    const denied = {
      ...callerAccess({ grants: [grant([...USER_SCOPES, 'tokens:admin'])] }),
      allows: async () => false,
    };
    expect(await codeOf(mint(denied, { kind: 'service' }))).toBe(
      'auth.policy_denied',
    );
  });

  it('personal is made by users and their personal tokens only', async () => {
    const { mint } = await setup();
    for (const [caller, name] of [
      [callerAccess(), 'By a user'],
      [
        callerAccess({ tokenId: 'aaaaaaaaaaaa', kind: 'personal' }),
        'By a token',
      ],
    ] as const) {
      const { token } = await mint(caller, { name });
      expect(token.owner).toBe('user:default/alice');
    }
    for (const caller of [
      callerAccess({ type: 'plugin', ref: 'plugin:nightly' }),
      callerAccess({ type: 'external', ref: 'external:user:default/alice' }),
      callerAccess({
        ref: 'token:aaaaaaaaaaaa',
        tokenId: 'aaaaaaaaaaaa',
        kind: 'group',
      }),
    ]) {
      expect(await faultsOf(mint(caller))).toEqual([
        'body/kind personal tokens are made by users only',
      ]);
    }
  });

  it('group belongs to a group of the caller', async () => {
    const { mint } = await setup();
    const caller = callerAccess({ groups: ['group:default/platform'] });
    const { token } = await mint(caller, {
      kind: 'group',
      owner: 'Group:Platform',
    });
    expect(token.owner).toBe('group:default/platform');
    expect(
      await codeOf(mint(caller, { kind: 'group', owner: 'group:default/x' })),
    ).toBe('auth.principal_not_allowed');
    for (const owner of [
      'user:default/alice',
      'platform',
      'group:',
      '::',
      '',
    ]) {
      expect(await faultsOf(mint(caller, { kind: 'group', owner }))).toEqual([
        'body/owner must be the ref of a group',
      ]);
    }
  });

  it('trigger starts one workflow, where it is, and no more', async () => {
    const { mint, stored } = await setup();
    const trigger = (more: object) =>
      mint(callerAccess(), { kind: 'trigger', scopes: undefined, ...more });
    const created = await trigger({ workflowId: 'deploy' });
    expect(created.token).toMatchObject({
      owner: 'user:default/alice',
      workflowId: 'deploy',
      scopes: ['workflows:execute:deploy'],
      workspaces: ['payments'],
    });
    expect((await stored(created)).secrets[0].grants).toEqual([
      grant(['workflows:execute:deploy'], ['payments']),
    ]);
    for (const scope of ['workflows:execute', 'workflows:execute:report']) {
      const { token } = await trigger({
        name: scope,
        workflowId: 'report',
        scopes: [scope],
      });
      expect(token.scopes).toEqual(['workflows:execute:report']);
    }
    for (const scopes of [
      ['workflows:read'],
      ['workflows:execute:deploy'],
      ['workflows:execute', 'workflows:execute:report'],
    ]) {
      expect(await faultsOf(trigger({ workflowId: 'report', scopes }))).toEqual(
        [
          'body/scopes must be absent, or workflows:execute of the workflow alone',
        ],
      );
    }
  });

  it('trigger ends itself where its workflow was deleted meanwhile', async () => {
    const { database, changes, audit, reader } = await setup();
    const answers = [{ workflowId: 'deploy', workspace: 'payments' }];
    const minter = new TokenMinter({
      store: new TokenStore({ database, changes, audit: new AuditStore() }),
      findWorkflow: async () => answers.shift(),
      kinds: readTokenConfig(new ConfigReader({})).kinds,
      audit,
      now: () => MINTED_AT,
    });
    const caller = callerAccess();
    const request = {
      kind: 'trigger',
      name: 'CI',
      workflowId: 'deploy',
    } as const;
    expect(await codeOf(minter.create(caller, request))).toBe(
      'workflow.not_found',
    );
    const { items } = await reader.list(caller, {});
    expect(items).toMatchObject([
      {
        workflowId: 'deploy',
        status: 'revoked',
        revocationReason: 'the workflow was deleted',
      },
    ]);
  });

  it('trigger answers as if there were no workflow that the caller may not start', async () => {
    const { mint } = await setup();
    const caller = callerAccess({
      grants: [grant(['workflows:execute'], ['default'])],
    });
    const trigger = (workflowId: string) =>
      mint(caller, { kind: 'trigger', scopes: undefined, workflowId });
    expect(await codeOf(trigger('deploy'))).toBe('workflow.not_found');
    expect(await codeOf(trigger('unknown'))).toBe('workflow.not_found');
    expect(await codeOf(trigger('report'))).toBe('ok');
  });

  it('trigger tells nobody which workflows there are beside those that they may start', async () => {
    const { mint } = await setup();
    const caller = callerAccess({
      grants: [grant(['workflows:execute:deploy'])],
    });
    for (const workflowId of ['report', 'unknown']) {
      expect(
        await codeOf(
          mint(caller, { kind: 'trigger', scopes: undefined, workflowId }),
        ),
      ).toBe('auth.missing_scope');
    }
  });

  it('have the keys that belong to them, and all faults are named together', async () => {
    const { mint } = await setup();
    expect(
      await faultsOf(
        mint(admin, {
          kind: 'service',
          owner: 'group:default/a',
          workflowId: 'deploy',
          scopes: ['workflows:read', 'workflows:*', 'secrets:read'],
          workspaces: ['a\0'],
          allowedCidrs: ['10.0.0.0/8', '10.0.0.0/99', 'localhost'],
          expiresInSeconds: 366 * 86_400,
        }),
      ),
    ).toEqual([
      'body/owner does not belong to service tokens',
      'body/workflowId does not belong to service tokens',
      'body/scopes/1 is no scope',
      'body/scopes/2 is no scope',
      'body/workspaces/0 has characters that are not allowed here',
      'body/allowedCidrs/1 has a prefix length that is not 0 to 32',
      'body/allowedCidrs/2 is not an IP address, with or without a prefix length',
      'body/expiresInSeconds must be at most 31536000',
    ]);
    expect(
      await faultsOf(mint(admin, { kind: 'group', scopes: undefined })),
    ).toEqual([
      'body/scopes is missing: group tokens need it',
      'body/owner is missing: group tokens need it',
    ]);
    expect(await faultsOf(mint(admin, { kind: 'trigger' }))).toEqual([
      'body/workflowId is missing: trigger tokens need it',
      'body/scopes must be absent, or workflows:execute of the workflow alone',
    ]);
    expect(
      await faultsOf(
        mint(admin, {
          kind: 'trigger',
          workflowId: 'deploy',
          scopes: undefined,
          workspaces: ['payments'],
        }),
      ),
    ).toEqual(['body/workspaces does not belong to trigger tokens']);
  });
});
