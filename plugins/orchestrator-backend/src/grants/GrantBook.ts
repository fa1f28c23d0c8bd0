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

import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  orchestratorScopes,
  type OrchestratorScope,
  type ParsedScope,
} from '@flowgate/backstage-plugin-orchestrator-common';
import type { AuthConfig, GrantMatch, GrantRule } from '../config/AuthConfig';
import type { PrincipalFacts } from './facts';
import type { Grant } from './Grant';
import type { GrantLayers } from './GrantLayers';

const plain = (scopes: readonly OrchestratorScope[]): ParsedScope[] =>
  scopes.map(scope => ({ scope }));

/** What plugins and named external callers hold whom no configured grant matches. */
const DEFAULT_SCOPES = [
  'workflows:read',
  'workflows:execute',
  'instances:read',
  'instances:write',
] as const;

const DEFAULTS: Grant = { name: '(defaults)', scopes: plain(DEFAULT_SCOPES) };

/** What users hold beside: tokens of their own. */
const USER_DEFAULTS: Grant = {
  name: '(defaults)',
  scopes: plain([...DEFAULT_SCOPES, 'tokens:read', 'tokens:write']),
};

/** What a caller without a credential holds in mode disabled, and nothing more. */
const DISABLED: Grant = { ...DEFAULTS, name: '(disabled)' };

const ADMINS: Grant = {
  name: '(admins)',
  scopes: plain(orchestratorScopes.map(({ scope }) => scope)),
};

/**
 * Plugins that pass on the calls of others. Backstage drops the subject of service credentials that are forwarded, so what
 * these would hold, everyone who calls them would.
 */
const RELAYS: ReadonlySet<string> = new Set([
  'plugin:mcp-actions',
  'plugin:scaffolder',
]);

/** Says which grants a principal holds, from the configuration. */
export class GrantBook {
  readonly #config: AuthConfig;
  readonly #logger: LoggerService;
  /** Rules whose expression has failed; each is logged once. */
  readonly #failed = new Set<string>();
  /** Whether any rule depends on memberships, or on what the catalog says. */
  readonly needs: { readonly groups: boolean; readonly email: boolean };

  constructor(config: AuthConfig, logger: LoggerService) {
    this.#config = config;
    this.#logger = logger;
    const matches = config.grants.map(rule => rule.match);
    this.needs = {
      groups:
        config.admins.length > 0 ||
        matches.some(
          match => match.group !== undefined || match.expression !== undefined,
        ),
      email: matches.some(match => match.expression?.usesEmail),
    };
  }

  /** The grants of a principal, with what narrows them. */
  resolve(facts: PrincipalFacts): GrantLayers {
    const cap = facts.actor?.startsWith('plugin:')
      ? this.#config.actors.get(facts.actor.slice('plugin:'.length))
      : undefined;
    const { accessRestrictions: restrictions } = facts;
    return {
      held: this.#heldBy(facts),
      actor: cap && { scopes: cap },
      accessRestrictions: restrictions && {
        permissionNames: restrictions.permissionNames,
        actions: restrictions.permissionAttributes?.action,
      },
    };
  }

  #heldBy(facts: PrincipalFacts): Grant[] {
    if (facts.type === 'anonymous' && this.#config.mode === 'disabled') {
      return [DISABLED];
    }
    const grants: Grant[] = this.#config.grants
      .filter(rule => this.#matches(rule, facts))
      .map(({ name, scopes, workspaces }) => ({ name, scopes, workspaces }));
    if (grants.length === 0 && this.#config.defaults && hasDefaults(facts)) {
      grants.push(facts.type === 'user' ? USER_DEFAULTS : DEFAULTS);
    }
    if (facts.type === 'user' && this.#isAdmin(facts)) {
      grants.push(ADMINS);
    }
    return grants;
  }

  #isAdmin(facts: PrincipalFacts): boolean {
    return this.#config.admins.some(
      ref => ref === facts.ref || facts.groups.includes(ref),
    );
  }

  #matches(rule: GrantRule, facts: PrincipalFacts): boolean {
    if (!matchesNames(rule.match, facts)) {
      return false;
    }
    if (!rule.match.expression) {
      return true;
    }
    try {
      return rule.match.expression.test(facts);
    } catch (error) {
      if (!this.#failed.has(rule.name)) {
        this.#failed.add(rule.name);
        this.#logger.warn(
          `The expression of orchestrator.auth.grants.${rule.name} failed and grants nothing: ${error}`,
        );
      }
      return false;
    }
  }
}

function hasDefaults(facts: PrincipalFacts): boolean {
  switch (facts.type) {
    case 'user':
    case 'plugin':
      return !RELAYS.has(facts.ref);
    case 'external':
      return facts.accessRestrictions !== undefined;
    default:
      return false;
  }
}

function matchesNames(match: GrantMatch, facts: PrincipalFacts): boolean {
  const { type, ref } = facts;
  return (
    (match.user === undefined || (type === 'user' && ref === match.user)) &&
    (match.group === undefined ||
      (type === 'user' && facts.groups.includes(match.group))) &&
    (match.plugin === undefined ||
      (type === 'plugin' && ref === `plugin:${match.plugin}`)) &&
    (match.external === undefined ||
      (type === 'external' && ref === `external:${match.external}`)) &&
    (match.anonymous === undefined || type === 'anonymous')
  );
}
