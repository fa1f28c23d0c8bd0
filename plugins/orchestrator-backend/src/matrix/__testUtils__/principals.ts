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

import type { JsonObject } from '@backstage/types';
import request from 'supertest';
import type { TestPortal } from '../../__testUtils__/TestPortal';
import { WORKFLOW } from './requests';

/** External callers of the matrix: what they are restricted to. */
const EXTERNAL: readonly {
  subject: string;
  accessRestrictions?: JsonObject[];
}[] = [
  { subject: 'unrestricted' },
  { subject: 'by-plugin', accessRestrictions: [{ plugin: 'orchestrator' }] },
  {
    subject: 'by-permission',
    accessRestrictions: [
      { plugin: 'orchestrator', permission: 'orchestrator.workflow.use' },
    ],
  },
  {
    subject: 'by-action',
    accessRestrictions: [
      { plugin: 'orchestrator', permissionAttribute: { action: 'read' } },
    ],
  },
  { subject: 'by-other-plugin', accessRestrictions: [{ plugin: 'catalog' }] },
  { subject: 'narrowed' },
];

/** What the managed tokens of the matrix may do, but for more that is said. */
const PLAIN = [
  'workflows:read',
  'workflows:execute',
  'instances:read',
  'instances:write',
];

const tokenOf = (subject: string) => `static-token-of-${subject}`;

/** Thousands of credentials are refused here, all from one address. */
export const unlimited: JsonObject = {
  ip: { failures: 0 },
  identity: { failures: 0 },
};

/** The configuration that the matrix stands on. */
export const matrixConfig: JsonObject = {
  backend: {
    auth: {
      externalAccess: EXTERNAL.map(({ subject, accessRestrictions }) => ({
        type: 'static',
        options: { token: tokenOf(subject), subject },
        ...(accessRestrictions ? { accessRestrictions } : {}),
      })),
    },
  },
  orchestrator: {
    auth: {
      admins: ['user:default/carol'],
      rateLimit: unlimited,
      bootstrap: {
        token: 'bootstrap-token-of-the-whole-matrix',
        scopes: ['tokens:read', 'tokens:admin', 'audit:read'],
      },
      grants: {
        narrowed: {
          match: { external: 'narrowed' },
          scopes: ['workflows:execute:other'],
        },
      },
    },
  },
};

/** How one principal of the matrix presents itself. */
export interface MatrixPrincipal {
  /** Headers to send. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whose run the operations on a run are tried on: the principal's own, where it can start one. */
  readonly owns: boolean;
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

/** Every principal of the matrix, by the name of its column. */
export async function matrixPrincipals(
  portal: TestPortal,
): Promise<Record<string, MatrixPrincipal>> {
  const { issuer, callers } = portal;
  const { auth } = callers['nightly-report'];
  const relay = callers['mcp-actions'].auth;
  const alice = await issuer.userToken('user:default/alice');
  const past = Math.floor(Date.now() / 1000) - 7200;
  const pluginToken = async (
    as: typeof auth,
    token: string | undefined,
    targetPluginId = 'orchestrator',
  ) =>
    (
      await as.getPluginRequestToken({
        onBehalfOf: token
          ? await as.authenticate(token)
          : await as.getOwnServiceCredentials(),
        targetPluginId,
      })
    ).token;

  issuer.belongsTo('user:default/alice', ['group:default/team']);
  const carol = await issuer.userToken('user:default/carol');
  const mint = async (as: string, token: object) => {
    const { body } = await request(portal.server)
      .post('/api/orchestrator/v2/tokens')
      .set(bearer(as))
      .send(token)
      .expect(201);
    return bearer(body.secret);
  };
  const revoked = await mint(alice, {
    kind: 'personal',
    name: 'revoked',
    scopes: PLAIN,
  });
  await request(portal.server)
    .post('/api/orchestrator/v2/tokens/revocation')
    .set(bearer(alice))
    .type('form')
    .send({ token: revoked.Authorization.slice('Bearer '.length) })
    .expect(200);

  return {
    none: { headers: {}, owns: false },
    garbage: { headers: bearer('garbage'), owns: false },
    basic: {
      headers: { Authorization: 'Basic YWxpY2U6c2VjcmV0' },
      owns: false,
    },
    expired: {
      headers: bearer(
        await issuer.userToken('user:default/alice', { issuedAt: past }),
      ),
      owns: false,
    },
    wrongAudience: {
      headers: bearer(await pluginToken(auth, undefined, 'catalog')),
      owns: false,
    },
    limited: { headers: bearer(issuer.limited(alice)), owns: false },
    cookie: {
      headers: { Cookie: `backstage-auth=${issuer.limited(alice)}` },
      owns: false,
    },
    user: { headers: bearer(alice), owns: true },
    secondUser: {
      headers: bearer(await issuer.userToken('user:default/bob')),
      owns: false,
    },
    admin: {
      headers: bearer(await issuer.userToken('user:default/carol')),
      owns: false,
    },
    // The policy denies dave everything and lets erin see one workflow that is not the one of the matrix.
    policyDenied: {
      headers: bearer(await issuer.userToken('user:default/dave')),
      owns: false,
    },
    policyConditional: {
      headers: bearer(await issuer.userToken('user:default/erin')),
      owns: false,
    },
    onBehalf: { headers: bearer(await pluginToken(auth, alice)), owns: true },
    plugin: { headers: bearer(await pluginToken(auth, undefined)), owns: true },
    // A static token that a plugin forwards arrives as that plugin.
    relayed: {
      headers: bearer(await pluginToken(relay, tokenOf('unrestricted'))),
      owns: false,
    },
    unrestricted: { headers: bearer(tokenOf('unrestricted')), owns: false },
    byPlugin: { headers: bearer(tokenOf('by-plugin')), owns: true },
    byPermission: { headers: bearer(tokenOf('by-permission')), owns: true },
    byAction: { headers: bearer(tokenOf('by-action')), owns: false },
    byOtherPlugin: { headers: bearer(tokenOf('by-other-plugin')), owns: false },
    narrowed: { headers: bearer(tokenOf('narrowed')), owns: false },
    personal: {
      headers: await mint(alice, {
        kind: 'personal',
        name: 'own',
        scopes: [...PLAIN, 'tokens:read', 'tokens:write'],
      }),
      owns: true,
    },
    group: {
      headers: await mint(alice, {
        kind: 'group',
        name: 'team',
        owner: 'group:default/team',
        scopes: PLAIN,
      }),
      owns: true,
    },
    service: {
      headers: await mint(carol, {
        kind: 'service',
        name: 'service',
        scopes: [...PLAIN, 'instances:admin', 'tokens:write', 'tokens:admin'],
      }),
      owns: true,
    },
    trigger: {
      headers: await mint(alice, {
        kind: 'trigger',
        name: 'trigger',
        workflowId: WORKFLOW,
      }),
      owns: false,
    },
    bootstrap: {
      headers: bearer('bootstrap-token-of-the-whole-matrix'),
      owns: false,
    },
    revoked: { headers: revoked, owns: false },
  };
}
