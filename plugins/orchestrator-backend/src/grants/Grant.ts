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

import {
  describeScope,
  type OrchestratorScope,
  type ParsedScope,
} from '@flowgate/backstage-plugin-orchestrator-common';
import { ALL, allOf, anyOf, type WorkflowCriteria } from './criteria';

/** One right: a scope, on one workflow or any, in one workspace or any. */
export interface Triple {
  readonly scope: OrchestratorScope;
  /** Absent for any. */
  readonly workflowId?: string;
  /** Absent for any. */
  readonly workspace?: string;
}

/** A named set of triples: those that its lists of scopes and workspaces span. */
export interface Grant {
  readonly name: string;
  readonly scopes: readonly ParsedScope[];
  /** Absent for all workspaces; an empty list is none. */
  readonly workspaces?: readonly string[];
}

/** What a grant's scopes are cut down to. */
export interface ScopeLimit {
  /** Only what these scopes allow; absent where they are not limited. */
  readonly scopes?: readonly ParsedScope[];
  /** Only scopes whose permission has one of these names. */
  readonly permissionNames?: readonly string[];
  /** Only scopes whose permission has one of these actions. */
  readonly actions?: readonly string[];
}

/** A scope as it is written: plain, or narrowed to one workflow. */
export function writeScope(scope: ParsedScope): string {
  return scope.workflowId === undefined
    ? scope.scope
    : `${scope.scope}:${scope.workflowId}`;
}

/** The triples that grants span. */
export function triplesOf(grants: readonly Grant[]): Triple[] {
  return grants.flatMap(grant =>
    grant.scopes.flatMap(scope =>
      grant.workspaces === undefined
        ? [{ ...scope }]
        : grant.workspaces.map(workspace => ({ ...scope, workspace })),
    ),
  );
}

/** Whether one right is part of another. */
function isPartOf(part: Triple, whole: Triple): boolean {
  return (
    part.scope === whole.scope &&
    (whole.workflowId === undefined || whole.workflowId === part.workflowId) &&
    (whole.workspace === undefined || whole.workspace === part.workspace)
  );
}

/** The rights of `wanted` that are part of no right in `held`. Empty where `wanted` is no more than `held`. */
export function excessOf(
  wanted: readonly Triple[],
  held: readonly Triple[],
): Triple[] {
  return wanted.filter(part => !held.some(whole => isPartOf(part, whole)));
}

function intersectScopes(
  scopes: readonly ParsedScope[],
  limit: readonly ParsedScope[],
): ParsedScope[] {
  const kept = new Map<string, ParsedScope>();
  for (const scope of scopes) {
    for (const other of limit) {
      if (scope.scope !== other.scope) continue;
      if (
        scope.workflowId !== undefined &&
        other.workflowId !== undefined &&
        scope.workflowId !== other.workflowId
      ) {
        continue;
      }
      const both = { ...scope, ...other };
      kept.set(writeScope(both), both);
    }
  }
  return [...kept.values()];
}

function commonWorkspaces(
  one: readonly string[] | undefined,
  other: readonly string[] | undefined,
): readonly string[] | undefined {
  if (one === undefined) return other;
  if (other === undefined) return one;
  return one.filter(workspace => other.includes(workspace));
}

/** What both lists of grants give, as triples; each part keeps the name that it has in the first. */
export function intersectGrants(
  grants: readonly Grant[],
  others: readonly Grant[],
): Grant[] {
  return grants
    .flatMap(grant =>
      others.map(other => ({
        name: grant.name,
        scopes: intersectScopes(grant.scopes, other.scopes),
        workspaces: commonWorkspaces(grant.workspaces, other.workspaces),
      })),
    )
    .filter(
      ({ scopes, workspaces }) =>
        scopes.length > 0 &&
        (workspaces === undefined || workspaces.length > 0),
    );
}

/** Grants cut down to a limit; grants of which nothing is left are gone. */
export function limitGrants(
  grants: readonly Grant[],
  limit: ScopeLimit,
): Grant[] {
  return grants
    .map(grant => {
      let scopes: readonly ParsedScope[] = grant.scopes.filter(({ scope }) => {
        const { permission } = describeScope(scope);
        return (
          (!limit.permissionNames ||
            limit.permissionNames.includes(permission.name)) &&
          (!limit.actions ||
            limit.actions.includes(permission.attributes.action ?? ''))
        );
      });
      if (limit.scopes) {
        scopes = intersectScopes(scopes, limit.scopes);
      }
      return { ...grant, scopes };
    })
    .filter(grant => grant.scopes.length > 0);
}

/** Whether triples give a scope in any workspace, and to the workflow where one is named. */
export function givesScope(
  triples: readonly Triple[],
  scope: OrchestratorScope,
  workflowId?: string,
): boolean {
  return triples.some(
    triple =>
      triple.scope === scope &&
      (workflowId === undefined ||
        triple.workflowId === undefined ||
        triple.workflowId === workflowId),
  );
}

/** The workflows on which triples give a scope. */
export function criteriaOf(
  triples: readonly Triple[],
  scope: OrchestratorScope,
): WorkflowCriteria {
  return anyOf(
    triples
      .filter(triple => triple.scope === scope)
      .map(({ workflowId, workspace }) =>
        allOf([
          workflowId === undefined
            ? ALL
            : { kind: 'ids', values: [workflowId] },
          workspace === undefined
            ? ALL
            : { kind: 'workspaces', values: [workspace] },
        ]),
      ),
  );
}
