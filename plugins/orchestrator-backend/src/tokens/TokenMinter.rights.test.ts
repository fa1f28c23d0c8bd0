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
import { ALL, NONE } from '../grants/criteria';
import { triplesOf } from '../grants/Grant';
import {
  admin,
  callerAccess,
  codeOf,
  createTokenFixture,
  faultsOf,
  grant,
} from './__testUtils__/tokenFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const setup = async () => createTokenFixture(await databases.init('SQLITE_3'));

describe('the rights of a new token', () => {
  const held = callerAccess({
    grants: [
      grant(['workflows:read', 'tokens:write']),
      grant(['workflows:execute', 'instances:read'], ['payments', 'default']),
      grant(['workflows:execute:deploy'], ['shop']),
    ],
  });

  it('are, without workspaces, each scope where the caller holds it', async () => {
    const { mint, stored } = await setup();
    const created = await mint(held, {
      scopes: [
        'workflows:read',
        'workflows:execute:deploy',
        'instances:read',
        'instances:read',
      ],
    });
    expect(triplesOf((await stored(created)).secrets[0].grants)).toEqual([
      { scope: 'workflows:read' },
      {
        scope: 'workflows:execute',
        workflowId: 'deploy',
        workspace: 'default',
      },
      {
        scope: 'workflows:execute',
        workflowId: 'deploy',
        workspace: 'payments',
      },
      { scope: 'workflows:execute', workflowId: 'deploy', workspace: 'shop' },
      { scope: 'instances:read', workspace: 'default' },
      { scope: 'instances:read', workspace: 'payments' },
    ]);
    // Plain, it is held in less places than narrowed.
    const plain = await mint(held, {
      name: 'Plain',
      scopes: ['workflows:execute'],
    });
    expect(plain.token.workspaces).toEqual(['default', 'payments']);
  });

  it('are, with workspaces, every scope in each of them', async () => {
    const { mint, stored } = await setup();
    const created = await mint(held, {
      scopes: ['workflows:read', 'workflows:execute'],
      workspaces: ['payments', 'payments'],
    });
    expect((await stored(created)).secrets[0].grants).toEqual([
      grant(['workflows:read', 'workflows:execute'], ['payments']),
    ]);
  });

  it('cannot be limited to workspaces where they hold everywhere', async () => {
    const { mint } = await setup();
    const scopes = ['workflows:read', 'tokens:admin', 'audit:read'];
    expect(await faultsOf(mint(admin, { scopes, workspaces: ['a'] }))).toEqual([
      'body/workspaces cannot limit tokens:admin, which holds everywhere',
      'body/workspaces cannot limit audit:read, which holds everywhere',
    ]);
    expect(await codeOf(mint(admin, { scopes }))).toBe('ok');
  });

  it('do not name a secret that somebody put there', async () => {
    const { mint } = await setup();
    const { secret } = await mint(held, { scopes: ['workflows:read'] });
    const message = 'has the text of a token, which does not belong here';
    const refused = (more: object) =>
      faultsOf(mint(held, { scopes: ['workflows:read'], ...more }));
    expect(await refused({ workspaces: ['a', `x${secret}`] })).toEqual([
      `body/workspaces/1 ${message}`,
    ]);
    expect(await refused({ scopes: [`workflows:read:${secret}`] })).toEqual([
      `body/scopes/0 ${message}`,
    ]);
  });

  it('are never more than those of the caller, and the excess is named', async () => {
    const { mint } = await setup();
    const refused = async (more: object) =>
      mint(held, more).then(
        () => undefined,
        ({ code, message, details }) => ({
          code,
          message,
          requiredScopes: details.requiredScopes,
        }),
      );
    expect(
      await refused({
        scopes: [
          'workflows:read',
          'workflows:write',
          'instances:admin:deploy',
          'audit:read',
        ],
      }),
    ).toEqual({
      code: 'auth.missing_scope',
      message:
        'A token cannot have more than who mints it: audit:read, instances:admin:deploy, workflows:write',
      requiredScopes: ['audit:read', 'instances:admin', 'workflows:write'],
    });
    expect(
      await refused({
        scopes: ['workflows:read', 'instances:read'],
        workspaces: ['payments', 'shop'],
      }),
    ).toEqual({
      code: 'auth.workspace_forbidden',
      message:
        'A token cannot have more than who mints it: instances:read in workspace shop',
      requiredScopes: undefined,
    });
    // What is granted in no workspace is not granted.
    const nowhere = callerAccess({ grants: [grant(['workflows:read'], [])] });
    expect(await codeOf(mint(nowhere))).toBe('auth.missing_scope');
  });

  it('are refused where the policy denies one of the scopes', async () => {
    const { mint } = await setup();
    const decisions = new Map([
      ['orchestrator.workflow', ALL],
      ['orchestrator.workflow.use', NONE],
    ]);
    const caller = callerAccess({ decisions });
    expect(await codeOf(mint(caller))).toBe('ok');
    expect(await codeOf(mint(caller, { scopes: ['workflows:execute'] }))).toBe(
      'auth.policy_denied',
    );
    // Of tokens:read, the decisions say nothing.
    expect(await codeOf(mint(caller, { scopes: ['tokens:read'] }))).toBe(
      'auth.policy_denied',
    );
    expect(await codeOf(mint(caller, { scopes: ['workflows:write'] }))).toBe(
      'auth.missing_scope',
    );
  });

  it('carry what the policy decides for the caller, but those of personal tokens', async () => {
    const { mint, stored } = await setup();
    const decisions = new Map([
      ['orchestrator.workflow', { kind: 'ids', values: ['deploy'] } as const],
      ['orchestrator.workflow.use', ALL],
    ]);
    const groups = ['group:default/a'];
    const caller = callerAccess({ decisions, groups });
    const group = { kind: 'group' as const, owner: groups[0] };
    const own = async (more: object) =>
      (await stored(await mint(caller, more))).secrets[0].decisions;
    expect(await own({})).toBeUndefined();
    expect(await own(group)).toEqual(decisions);
    expect(
      await own({
        kind: 'trigger',
        workflowId: 'deploy',
        scopes: undefined,
        name: 'Start',
      }),
    ).toEqual(decisions);
    const unasked = await mint(callerAccess({ groups }), {
      ...group,
      name: 'x',
    });
    expect((await stored(unasked)).secrets[0].decisions).toBeUndefined();
  });

  it('are bounded in number', async () => {
    const { mint } = await setup();
    const scopes = Array.from(
      { length: 200 },
      (_, i) => `workflows:read:w${i}`,
    );
    const workspaces = Array.from({ length: 11 }, (_, i) => `space-${i}`);
    expect(await faultsOf(mint(held, { scopes, workspaces }))).toEqual([
      'body/scopes must span at most 2000 pairs of a scope and a workspace',
    ]);
    expect(
      await codeOf(mint(held, { scopes, workspaces: workspaces.slice(1) })),
    ).toBe('ok');
  });
});
