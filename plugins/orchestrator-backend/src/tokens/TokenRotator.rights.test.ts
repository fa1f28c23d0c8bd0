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

const service = {
  kind: 'service' as const,
  scopes: ['workflows:read', 'workflows:execute'],
};

describe('the rights of a token after a rotation', () => {
  it('is refused to who holds less than the new secret', async () => {
    const { mint, rotator } = await setup();
    const { token } = await mint(admin, {
      ...service,
      scopes: ['workflows:read', 'workflows:execute'],
    });
    const less = callerAccess({
      ref: 'user:default/less',
      grants: [
        grant(['tokens:admin', 'tokens:write']),
        grant(['workflows:read'], ['default']),
      ],
    });
    const rotate = (request: object) =>
      codeOf(rotator.rotate(less, token.id, request));
    expect(await rotate({})).toBe('auth.missing_scope');
    expect(
      await rotate({ scopes: ['workflows:read'], workspaces: ['shop'] }),
    ).toBe('auth.workspace_forbidden');
    expect(await rotate({ workspaces: ['default'] })).toBe(
      'auth.missing_scope',
    );
    const rotated = await rotator.rotate(less, token.id, {
      scopes: ['workflows:read'],
    });
    expect(rotated.token).toMatchObject({
      scopes: ['workflows:read'],
      workspaces: ['default'],
    });
    // The secret says now what is asked for next.
    expect(await rotate({})).toBe('ok');
  });

  it('keeps what the policy decided, and adds what it decides now', async () => {
    const { mint, rotator, stored } = await setup();
    const groups = ['group:default/a'];
    const ids = (...values: string[]) => ({ kind: 'ids', values } as const);
    const by = (use: object | undefined) =>
      callerAccess({
        groups,
        decisions:
          use &&
          (new Map([
            ['orchestrator.workflow.use', use],
            ['orchestrator.workflow', ALL],
          ]) as never),
      });
    const { token } = await mint(by(ids('deploy', 'report')), {
      kind: 'group',
      owner: groups[0],
      scopes: ['workflows:execute'],
    });
    const use = async () =>
      (await stored({ token })).secrets[0].decisions?.get(
        'orchestrator.workflow.use',
      );
    await rotator.rotate(by(undefined), token.id, {});
    expect(await use()).toEqual(ids('deploy', 'report'));
    await rotator.rotate(by(ALL), token.id, {});
    expect(await use()).toEqual(ids('deploy', 'report'));
    await rotator.rotate(by(ids('deploy', 'other')), token.id, {});
    const both = {
      kind: 'and',
      of: [ids('deploy', 'report'), ids('deploy', 'other')],
    };
    expect(await use()).toEqual(both);
    // They do not grow with every rotation by the same caller.
    await rotator.rotate(by(ids('deploy', 'other')), token.id, {});
    await rotator.rotate(by(ids('deploy', 'report')), token.id, {});
    expect(await use()).toEqual(both);
    expect(await codeOf(rotator.rotate(by(NONE), token.id, {}))).toBe(
      'auth.policy_denied',
    );
    expect(await use()).toEqual(both);
  });

  it('does not pretend to limit what holds everywhere', async () => {
    const { mint, rotator } = await setup();
    const { token } = await mint(admin, {
      ...service,
      scopes: ['audit:read', 'workflows:read'],
    });
    const workspaces = ['payments'];
    expect(
      await faultsOf(rotator.rotate(admin, token.id, { workspaces })),
    ).toEqual([
      'body/workspaces cannot limit audit:read, which holds everywhere',
    ]);
    expect(
      await codeOf(
        rotator.rotate(admin, token.id, {
          workspaces,
          scopes: ['workflows:read'],
        }),
      ),
    ).toBe('ok');
  });

  it('cannot change what a trigger token starts', async () => {
    const { mint, rotator } = await setup();
    const { token } = await mint(callerAccess(), {
      kind: 'trigger',
      scopes: undefined,
      workflowId: 'deploy',
    });
    expect(
      await faultsOf(
        rotator.rotate(callerAccess(), token.id, {
          scopes: ['workflows:execute'],
          workspaces: ['default'],
        }),
      ),
    ).toEqual([
      'body/scopes cannot change: a trigger token starts its workflow and no more',
      'body/workspaces cannot change: a trigger token starts its workflow and no more',
    ]);
    const { token: rotated } = await rotator.rotate(
      callerAccess(),
      token.id,
      {},
    );
    expect(rotated.scopes).toEqual(['workflows:execute:deploy']);
    const reader = callerAccess({ grants: [grant(['workflows:read'])] });
    expect(await codeOf(rotator.rotate(reader, token.id, {}))).toBe(
      'auth.missing_scope',
    );
  });

  it('gives no secret that is usable from more addresses than the token that asks', async () => {
    const { mint, rotator } = await setup();
    const open = await mint();
    const closed = await mint(callerAccess(), {
      name: 'Closed',
      allowedCidrs: ['10.1.0.0/16'],
    });
    const inside = callerAccess({
      tokenId: 'aaaaaaaaaaaa',
      kind: 'personal',
      allowed: ['10.0.0.0/8'],
    });
    expect(await codeOf(rotator.rotate(inside, open.token.id, {}))).toBe(
      'auth.principal_not_allowed',
    );
    expect(await codeOf(rotator.rotate(inside, closed.token.id, {}))).toBe(
      'ok',
    );
  });
});
