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

import { mockServices } from '@backstage/backend-test-utils';
import {
  parseScope,
  type components,
} from '@flowgate/backstage-plugin-orchestrator-common';
import type { Knex } from 'knex';
import { AddressRanges } from '../../addresses/AddressRanges';
import { readAuthConfig } from '../../config/readAuthConfig';
import { AuditStore } from '../../database/AuditStore';
import {
  TokenChangeStore,
  type TokenSubject,
} from '../../database/TokenChangeStore';
import { TokenRecordStore } from '../../database/TokenRecordStore';
import {
  workflowNotFound,
  type OrchestratorError,
} from '../../errors/OrchestratorError';
import type { Access, PlainScope } from '../../gate/Access';
import type { Principal, TokenFacts } from '../../gate/Principal';
import { includesWorkflow } from '../../grants/criteria';
import { criteriaOf, triplesOf, type Grant } from '../../grants/Grant';
import type { PolicyDecisions } from '../../grants/PolicyDecisions';
import { TOKEN_GRANT } from '../../grants/storedGrants';
import {
  createIndexDatabase,
  recordingAudit,
} from '../../workflows/__testUtils__/workflowFixture';
import { createTokenService } from '../createTokenService';
import { MINTED_AT } from './someTokens';

type Kind = components['schemas']['TokenKind'];

/** A grant, as tests write it. */
export function grant(scopes: readonly string[], workspaces?: string[]): Grant {
  return {
    name: TOKEN_GRANT,
    scopes: scopes.map(scope => parseScope(scope)!),
    workspaces,
  };
}

/** Everything that users hold by default. */
export const USER_SCOPES = [
  'workflows:read',
  'workflows:execute',
  'instances:read',
  'instances:write',
  'tokens:read',
  'tokens:write',
];

/** The access of a caller who holds what is said, and nothing else. */
export function callerAccess(
  options: {
    ref?: string;
    type?: Principal['type'];
    /** Of managed tokens. */
    tokenId?: string;
    kind?: TokenFacts['kind'];
    grants?: readonly Grant[];
    groups?: readonly string[];
    decisions?: PolicyDecisions;
    expiresAt?: number;
    allowed?: readonly string[];
    refuses?: Error;
  } = {},
): Access {
  const { ref = 'user:default/alice', tokenId, kind, decisions } = options;
  const { grants = [grant(USER_SCOPES)], groups = [], allowed } = options;
  const triples = triplesOf(grants);
  const fail = () => {
    throw new Error('not asked in these tests');
  };
  return {
    principal: {
      type: options.type ?? (tokenId ? 'token' : 'user'),
      ref,
      tokenId,
      token: kind && { kind, grants },
    },
    origin: { method: 'POST', path: '/v2/tokens', address: '192.0.2.1' },
    workflows: fail,
    runs: fail,
    runsAmong: fail,
    decideNewWorkflow: fail,
    decideRun: fail,
    async decideWorkflow(scope, workflow) {
      if (
        !workflow ||
        !includesWorkflow(criteriaOf(triples, scope), workflow)
      ) {
        throw workflowNotFound();
      }
    },
    ownerRefs: async () => [ref, ...groups],
    allows: async (scope: PlainScope) =>
      triples.some(triple => triple.scope === scope),
    async minting() {
      if (options.refuses) throw options.refuses;
      return {
        triples,
        decisions,
        expiresAt: options.expiresAt,
        allowed: allowed && AddressRanges.parse(allowed),
      };
    },
  };
}

/** Administers tokens, and holds everything else. */
export const admin = callerAccess({
  ref: 'user:default/admin',
  grants: [grant([...USER_SCOPES, 'tokens:admin', 'audit:read'])],
});

/** The service on a database, with a clock that stands still. */
export async function createTokenFixture(
  knex: Knex,
  options: { isPolicyAsked?: boolean; config?: object } = {},
) {
  const database = await createIndexDatabase(knex);
  const changes = new TokenChangeStore(database);
  const records = new TokenRecordStore(database);
  const audit = recordingAudit();
  const announced: TokenSubject[] = [];
  changes.onAnnounced(subjects => announced.push(...subjects));
  const time = { now: MINTED_AT };
  const missing = new Set<string>();
  const missingOwners = jest.fn(
    async (refs: readonly string[]) =>
      new Set(refs.filter(ref => missing.has(ref))),
  );
  const config = readAuthConfig(
    mockServices.rootConfig({
      data: { orchestrator: { auth: { tokens: options.config ?? {} } } },
    }),
  ).tokens;
  const service = createTokenService({
    database,
    changes,
    auditStore: new AuditStore(),
    audit,
    config,
    isPolicyAsked: options.isPolicyAsked ?? false,
    findRecord: id => records.find(id, 30_000),
    findWorkflow: async workflowId =>
      ({
        deploy: { workflowId, workspace: 'payments' },
        report: { workflowId, workspace: 'default' },
      }[workflowId]),
    missingOwners,
    issuer: 'http://localhost:7007/api/orchestrator',
    now: () => time.now,
  });
  return {
    ...service,
    database,
    changes,
    records,
    audit,
    announced,
    time,
    /** What is stored of a token. */
    stored: async ({ token }: { token: { id: string } }) =>
      (await records.find(token.id, 30_000))!,
    /** The owners that the catalog does not have. */
    missing,
    missingOwners,
    /** The rows of the audit log, in no order. */
    recorded: async (): Promise<
      { event: string; token_id: string | null; meta: string | null }[]
    > => knex('orchestrator_audit').select('event', 'token_id', 'meta'),
    /** Makes a token of a kind, named after it. */
    mint: (
      access: Access = callerAccess(),
      more: Partial<components['schemas']['CreateTokenRequest']> & {
        kind?: Kind;
      } = {},
    ) =>
      service.minter.create(access, {
        kind: 'personal',
        name: 'CI',
        scopes: ['workflows:read'],
        ...more,
      }),
  };
}

/** The code of what a promise fails with; `ok` where it does not. */
export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    error => error.code ?? String(error),
  );

/** The faults of a request that is refused. */
export const faultsOf = (promise: Promise<unknown>): Promise<string[]> =>
  promise.then(
    () => [],
    (error: OrchestratorError) =>
      error.details?.faults?.map(
        ({ path, message }) => `${path} ${message}`,
      ) ?? [String(error)],
  );
