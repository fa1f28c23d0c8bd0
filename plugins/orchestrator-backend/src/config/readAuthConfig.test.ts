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

import { ConfigReader } from '@backstage/config';
import type { JsonObject } from '@backstage/types';
import { readAuthConfig } from './readAuthConfig';

const read = (auth: JsonObject) =>
  readAuthConfig(new ConfigReader({ orchestrator: { auth } }));

describe('readAuthConfig', () => {
  it('requires a credential by default', () => {
    expect(readAuthConfig(new ConfigReader({}))).toMatchObject({
      mode: 'required',
      admins: [],
      defaults: true,
      grants: [],
      rememberCredentialsMs: 60_000,
      rememberPolicyMs: 5_000,
    });
  });

  it('reads refs in their full form', () => {
    const config = read({
      admins: ['group:Platform-Admins', 'user:default/carol'],
      grants: {
        a: {
          match: { user: 'Alice', group: 'team' },
          scopes: ['workflows:read'],
        },
      },
    });
    expect(config.admins).toEqual([
      'group:default/platform-admins',
      'user:default/carol',
    ]);
    expect(config.grants[0].match).toEqual({
      user: 'user:default/alice',
      group: 'group:default/team',
    });
  });

  it('names every invalid key and the rule in one error', () => {
    expect(() =>
      read({
        mode: 'sometimes',
        grants: {
          first: {
            match: { user: 'alice' },
            scopes: ['workflows:fly', 'workflows:read:../x'],
          },
          second: {
            match: { group: 'g' },
            scopes: [],
            workspace: ['payments'],
          },
          third: { match: {}, scopes: ['workflows:read'] },
          fourth: {
            match: { expression: 'principal.ref' },
            scopes: ['workflows:read'],
          },
          fifth: {
            match: { expression: '"text"' },
            scopes: ['workflows:read'],
          },
          sixth: {
            match: { expression: 'request.path == "/"' },
            scopes: ['workflows:read'],
          },
          seventh: { match: { expression: '1 +' }, scopes: ['workflows:read'] },
          '(admins)': { match: { user: 'a' }, scopes: ['workflows:read'] },
        },
        actors: { 'mcp-actions': { scopes: ['everything'] } },
      } as never),
    ).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(
          new RegExp(
            [
              'auth\\.mode: Invalid enum value',
              'grants\\.first\\.scopes\\.0: unknown scope "workflows:fly"',
              'grants\\.first\\.scopes\\.1: unknown scope',
              'grants\\.second',
              'grants\\.third\\.match: names nothing to match',
              'grants\\.fifth\\.match\\.expression: the expression does not give a boolean',
              'grants\\.sixth\\.match\\.expression: the expression reads undeclared variables: request',
              'grants\\.seventh\\.match\\.expression: the expression ',
            ].join('[\\s\\S]*'),
          ),
        ),
      }),
    );
    expect(() =>
      read({
        grants: {
          a: {
            match: { user: 'a' },
            scopes: ['workflows:read'],
            workspace: [],
          },
        },
      }),
    ).toThrow('orchestrator.auth.grants.a has unknown keys: workspace');
    expect(() => read({ grantss: {} })).toThrow(
      'orchestrator.auth has unknown keys: grantss',
    );
    expect(() => read({ actors: { m: { scopes: ['everything'] } } })).toThrow(
      'orchestrator.auth.actors.m.scopes.0: unknown scope "everything"',
    );
    expect(() =>
      read({
        grants: {
          '(admins)': { match: { user: 'a' }, scopes: ['workflows:read'] },
        },
      }),
    ).toThrow('names in parentheses are built in');
  });

  it('keeps an empty list of workspaces apart from an absent one', () => {
    const { grants } = read({
      grants: {
        none: {
          match: { user: 'a' },
          scopes: ['workflows:read'],
          workspaces: [],
        },
        all: { match: { user: 'a' }, scopes: ['workflows:read'] },
      },
    });
    expect(grants.map(grant => grant.workspaces)).toEqual([[], undefined]);
  });

  it('bounds what is remembered', () => {
    expect(read({ rememberPolicy: { seconds: 0 } }).rememberPolicyMs).toBe(0);
    expect(() => read({ rememberPolicy: { seconds: 6 } })).toThrow(
      'at most 5 seconds',
    );
    expect(() => read({ rememberCredentials: { minutes: 2 } })).toThrow(
      'at most 60 seconds',
    );
  });

  it('refuses to limit by workspace what holds everywhere', () => {
    const grants = (scope: string, workspaces?: string[]) => ({
      grants: {
        x: {
          match: { plugin: 'x' },
          scopes: [scope],
          ...(workspaces ? { workspaces } : {}),
        },
      },
    });
    for (const scope of ['tokens:admin', 'audit:read']) {
      expect(() => read(grants(scope, ['payments']))).toThrow(
        `orchestrator.auth.grants.x.workspaces: cannot limit ${scope}`,
      );
      expect(() => read(grants(scope))).not.toThrow();
    }
    expect(() => read(grants('tokens:write', ['payments']))).not.toThrow();
  });
});
