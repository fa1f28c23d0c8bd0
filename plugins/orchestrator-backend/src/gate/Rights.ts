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

import type { OrchestratorScope } from '@flowgate/backstage-plugin-orchestrator-common';
import type { WorkflowCriteria } from '../grants/criteria';
import {
  criteriaOf,
  givesScope,
  triplesOf,
  writeScope,
  type Grant,
  type Triple,
} from '../grants/Grant';
import { narrowedGrants, type GrantLayers } from '../grants/GrantLayers';

/** Grants as they are shown. */
export interface RightsSummary {
  readonly grants: readonly {
    readonly name: string;
    readonly scopes: readonly string[];
    readonly workspaces: 'all' | readonly string[];
  }[];
  readonly scopes: readonly string[];
}

/** Several grants of a token have one name. */
function orderOf(shown: RightsSummary['grants'][number]): string {
  return JSON.stringify([shown.name, shown.scopes, shown.workspaces]);
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function summarise(grants: readonly Grant[]): RightsSummary {
  const shown = grants
    .filter(
      grant => grant.workspaces === undefined || grant.workspaces.length > 0,
    )
    .map(grant => ({
      name: grant.name,
      scopes: grant.scopes.map(writeScope).sort(),
      workspaces:
        grant.workspaces === undefined
          ? ('all' as const)
          : [...grant.workspaces].sort(),
    }))
    .sort((a, b) => compare(orderOf(a), orderOf(b)));
  return {
    grants: shown,
    scopes: [...new Set(shown.flatMap(grant => grant.scopes))].sort(),
  };
}

/** The grants of one principal, with what is derived from them once. */
export class Rights {
  readonly layers: GrantLayers;
  readonly grants: readonly Grant[];
  readonly triples: readonly Triple[];
  #summary?: RightsSummary;
  readonly #criteria = new Map<OrchestratorScope, WorkflowCriteria>();

  /** @param layers - where the grants come from, and what narrows them */
  constructor(layers: GrantLayers) {
    this.layers = layers;
    this.grants = narrowedGrants(layers);
    this.triples = triplesOf(this.grants);
  }

  /** The workflows on which the grants give a scope. */
  on(scope: OrchestratorScope): WorkflowCriteria {
    let criteria = this.#criteria.get(scope);
    if (!criteria) {
      criteria = criteriaOf(this.triples, scope);
      this.#criteria.set(scope, criteria);
    }
    return criteria;
  }

  /** The grants and their scopes, sorted, for people. */
  get summary(): RightsSummary {
    this.#summary ??= summarise(this.grants);
    return this.#summary;
  }

  /** Whether any grant gives a scope, and to the workflow where one is named. */
  gives(scope: OrchestratorScope, workflowId?: string): boolean {
    return givesScope(this.triples, scope, workflowId);
  }
}
