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

import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import {
  parseScope,
  type components,
  type OrchestratorTokenKind,
} from '@flowgate/backstage-plugin-orchestrator-common';
import { isStorableText } from '../../database/storableText';
import { OrchestratorError, type Fault } from '../../errors/OrchestratorError';
import type { Principal } from '../../gate/Principal';

export type CreateTokenRequest = components['schemas']['CreateTokenRequest'];

/** The keys of a request that not every kind has. */
const OWN_KEYS = ['scopes', 'workspaces', 'owner', 'workflowId'] as const;

type OwnKey = (typeof OWN_KEYS)[number];

interface KindRule {
  readonly needs: readonly OwnKey[];
  readonly takes: readonly OwnKey[];
}

const RULES: Readonly<
  Record<Exclude<OrchestratorTokenKind, 'agent'>, KindRule>
> = {
  service: { needs: ['scopes'], takes: ['workspaces'] },
  personal: { needs: ['scopes'], takes: ['workspaces'] },
  group: { needs: ['scopes', 'owner'], takes: ['workspaces'] },
  trigger: { needs: ['workflowId'], takes: ['scopes'] },
};

/** The longest ref that can own a token, in bytes: the databases find tokens by it. */
const MAX_REF = 1_000;

/** Whether a principal is a user, be it with a Backstage token or with a personal one. */
export function isUser({ type, token }: Principal): boolean {
  return type === 'user' || token?.kind === 'personal';
}

/** The ref of a group as it is written in the catalog; undefined where a text is no full ref of a group. */
export function groupRefOf(text: string): string | undefined {
  try {
    const ref = stringifyEntityRef(
      parseEntityRef(text, { defaultNamespace: 'default' }),
    );
    return ref.startsWith('group:') ? ref : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What is wrong with a request for a token of its kind.
 *
 * @param principal - who asks
 */
export function faultsOfKind(
  request: CreateTokenRequest,
  principal: Principal,
): Fault[] {
  const { kind, owner } = request;
  if (kind === 'agent') {
    return [{ path: 'body/kind', message: 'agent comes with agents' }];
  }
  const { needs, takes } = RULES[kind];
  const faults = OWN_KEYS.flatMap((key): Fault[] => {
    const path = `body/${key}`;
    const isThere = request[key] !== undefined;
    if (needs.includes(key)) {
      return isThere
        ? []
        : [{ path, message: `is missing: ${kind} tokens need it` }];
    }
    return isThere && !takes.includes(key)
      ? [{ path, message: `does not belong to ${kind} tokens` }]
      : [];
  });
  if (kind === 'personal' && !isUser(principal)) {
    faults.push({
      path: 'body/kind',
      message: 'personal tokens are made by users only',
    });
  }
  if (kind === 'group' && owner !== undefined && !groupRefOf(owner)) {
    faults.push({ path: 'body/owner', message: 'must be the ref of a group' });
  }
  if (kind === 'trigger') faults.push(...faultsOfTrigger(request));
  return faults;
}

/** A trigger token starts its workflow and does nothing else; saying so is allowed. */
function faultsOfTrigger({ scopes, workflowId }: CreateTokenRequest): Fault[] {
  const isPlain = (text: string) => {
    const scope = parseScope(text);
    return (
      scope?.scope === 'workflows:execute' &&
      (scope.workflowId === undefined || scope.workflowId === workflowId)
    );
  };
  return scopes === undefined || (scopes.length === 1 && isPlain(scopes[0]))
    ? []
    : [
        {
          path: 'body/scopes',
          message: 'must be absent, or workflows:execute of the workflow alone',
        },
      ];
}

/**
 * Refuses callers whose ref cannot own a token, or be named as who made one: an identity provider may say anything.
 *
 * @throws OrchestratorError `auth.principal_not_allowed`
 */
export function requireNameable({ ref }: Principal): void {
  if (Buffer.byteLength(ref) > MAX_REF || !isStorableText(ref)) {
    throw new OrchestratorError(
      'auth.principal_not_allowed',
      'The subject of the caller is too long for an owner of tokens, or has characters that cannot be stored',
    );
  }
}
