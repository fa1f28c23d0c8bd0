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
import type { OrchestratorScope } from '@flowgate/backstage-plugin-orchestrator-common';
import type { AuthConfig } from '../config/AuthConfig';
import type { PrincipalFacts } from '../grants/facts';
import { givesScope, triplesOf, writeScope, type Grant } from '../grants/Grant';
import { GrantBook } from '../grants/GrantBook';
import { narrowedGrants } from '../grants/GrantLayers';

/** An expression that fails grants nothing, and says so at the start of a backend. */
const silent: LoggerService = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  child: () => silent,
};

function describe({ name, scopes, workspaces }: Grant): string {
  const where =
    workspaces === undefined ? '' : ` in the workspaces [${workspaces.join()}]`;
  return `${scopes.map(writeScope).join(', ')}${where} (${
    name.startsWith('(') ? name.slice(1, -1) : `grant ${name}`
  })`;
}

/** What callers would hold, decided by the code that decides at run time. The permission policy is not part of it. */
export class Holdings {
  readonly #book: GrantBook;

  constructor(config: AuthConfig) {
    this.#book = new GrantBook(config, silent);
  }

  /** The grants of a caller. */
  of(facts: PrincipalFacts): readonly Grant[] {
    return narrowedGrants(this.#book.resolve(facts)).filter(
      grant => grant.workspaces === undefined || grant.workspaces.length > 0,
    );
  }

  /** The grants of a user or of a member of a group. */
  ofMember(ref: string): readonly Grant[] {
    return this.of({
      type: 'user',
      ref: ref.startsWith('user:') ? ref : 'user:default/member',
      groups: [ref],
    });
  }

  /** The grants of a caller in words; undefined where there are none. */
  describe(facts: PrincipalFacts): string | undefined {
    const grants = this.of(facts);
    return grants.length > 0 ? grants.map(describe).join('; ') : undefined;
  }

  /** Whether grants give a scope anywhere. */
  static give(grants: readonly Grant[], scope: OrchestratorScope): boolean {
    return givesScope(triplesOf(grants), scope);
  }
}
