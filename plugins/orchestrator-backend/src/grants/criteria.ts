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

/** What a decision needs to know of a workflow. */
export interface WorkflowFacts {
  readonly workflowId: string;
  readonly workspace: string;
}

/** What a decision needs to know of a run. */
export interface RunFacts extends WorkflowFacts {
  /** The ref of whom the run was started by. */
  readonly initiator: string;
  /** The ref of whose run it is: of who owns the managed token that started it, else the initiator. */
  readonly owner: string;
}

/** A set of workflows, said by what belongs to it. Evaluated on one workflow, or compiled into the WHERE of a list. */
export type WorkflowCriteria =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | { readonly kind: 'ids'; readonly values: readonly string[] }
  | { readonly kind: 'workspaces'; readonly values: readonly string[] }
  | { readonly kind: 'and' | 'or'; readonly of: readonly WorkflowCriteria[] }
  | { readonly kind: 'not'; readonly of: WorkflowCriteria };

/**
 * A set of runs: those of the workflows in `workflows` whose owner is in `owners`, whose initiator is in `initiators`, or whose
 * workflow is in `everybodys`. No run has its owner in `owners` and another ref, its initiator, in `initiators`: lists and
 * statistics that go by both would have it twice.
 */
export interface RunCriteria {
  readonly workflows: WorkflowCriteria;
  /** The refs whose runs are the caller's own: its ref, and those of its groups. */
  readonly owners: readonly string[];
  /** The refs who started runs of the caller's own that somebody else owns: a group's token sees what it started. */
  readonly initiators: readonly string[];
  /** The workflows whose runs the caller may reach whoever started them. */
  readonly everybodys: WorkflowCriteria;
}

export const ALL: WorkflowCriteria = { kind: 'all' };
export const NONE: WorkflowCriteria = { kind: 'none' };

/** The workflows that are in every one of the sets, without parts that say nothing. */
export function allOf(parts: readonly WorkflowCriteria[]): WorkflowCriteria {
  const of = parts.filter(part => part.kind !== 'all');
  if (of.some(part => part.kind === 'none')) return NONE;
  if (of.length === 0) return ALL;
  return of.length === 1 ? of[0] : { kind: 'and', of };
}

/** The workflows that are in any of the sets, without parts that say nothing. */
export function anyOf(parts: readonly WorkflowCriteria[]): WorkflowCriteria {
  const of = parts.filter(part => part.kind !== 'none');
  if (of.some(part => part.kind === 'all')) return ALL;
  if (of.length === 0) return NONE;
  return of.length === 1 ? of[0] : { kind: 'or', of };
}

/** The workflows that are not in the set. */
export function noneOf(part: WorkflowCriteria): WorkflowCriteria {
  if (part.kind === 'all') return NONE;
  return part.kind === 'none' ? ALL : { kind: 'not', of: part };
}

/** Whether a workflow is in the set. */
export function includesWorkflow(
  criteria: WorkflowCriteria,
  workflow: WorkflowFacts,
): boolean {
  switch (criteria.kind) {
    case 'all':
      return true;
    case 'none':
      return false;
    case 'ids':
      return criteria.values.includes(workflow.workflowId);
    case 'workspaces':
      return criteria.values.includes(workflow.workspace);
    case 'and':
      return criteria.of.every(part => includesWorkflow(part, workflow));
    case 'or':
      return criteria.of.some(part => includesWorkflow(part, workflow));
    default:
      return !includesWorkflow(criteria.of, workflow);
  }
}

/** Whether a run is in the set. */
export function includesRun(criteria: RunCriteria, run: RunFacts): boolean {
  return (
    includesWorkflow(criteria.workflows, run) &&
    (criteria.owners.includes(run.owner) ||
      criteria.initiators.includes(run.initiator) ||
      includesWorkflow(criteria.everybodys, run))
  );
}
