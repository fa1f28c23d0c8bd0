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

/** One line `p` of a policy file. */
interface PolicyLine {
  readonly role: string;
  readonly permission: string;
  readonly action: string;
  readonly effect: string;
}

/** A deprecated permission of one workflow. */
export interface PerWorkflowPermission {
  readonly permission: string;
  readonly workflowId: string;
  readonly action: 'read' | 'update';
}

const READ = 'orchestrator.workflow';
const USE = 'orchestrator.workflow.use';
const RESOURCE_TYPE = 'orchestrator-workflow';

function cells(line: string): string[] {
  return line.split(',').map(cell => cell.trim().replace(/^"(.*)"$/, '$1'));
}

/**
 * The lines of an RBAC policy file (CSV: `p, role, permission, action, effect` and `g, member, role`) that are about the
 * orchestrator.
 */
export class RbacPolicy {
  readonly #lines: PolicyLine[] = [];
  readonly #members = new Map<string, string[]>();

  /** @param texts - the contents of the files */
  constructor(texts: readonly string[]) {
    for (const line of texts.flatMap(text => text.split(/\r?\n/))) {
      const [kind, first, second, action, effect] = cells(line);
      if (kind === 'p' && effect !== undefined) {
        this.#lines.push({ role: first, permission: second, action, effect });
      } else if (kind === 'g' && second !== undefined) {
        this.#members.set(second, [
          ...(this.#members.get(second) ?? []),
          first.toLocaleLowerCase('en-US'),
        ]);
      }
    }
  }

  /** The roles that lines about the orchestrator name, in the order of the files. */
  roles(): string[] {
    const named = this.#lines
      .filter(
        ({ permission }) =>
          permission === RESOURCE_TYPE ||
          permission.startsWith('orchestrator.'),
      )
      .map(({ role }) => role);
    return [...new Set(named)];
  }

  /** The users and groups of a role. */
  members(role: string): readonly string[] {
    return (this.#members.get(role) ?? []).filter(member =>
      /^(user|group):/.test(member),
    );
  }

  /** Whether a role is allowed a permission by its name or its resource type, and not denied it. */
  allows(role: string, permission: string, action: string): boolean {
    const effects = this.#lines
      .filter(
        line =>
          line.role === role &&
          line.action === action &&
          (line.permission === permission ||
            (line.permission === RESOURCE_TYPE &&
              [READ, USE].includes(permission))),
      )
      .map(({ effect }) => effect);
    return effects.includes('allow') && !effects.includes('deny');
  }

  /** What a role is allowed on single workflows by the permissions that Red Hat deprecated. */
  perWorkflow(role: string): PerWorkflowPermission[] {
    return this.#lines
      .filter(line => line.role === role && line.effect === 'allow')
      .flatMap(({ permission, action }): PerWorkflowPermission[] => {
        // The action tells `use` of x from `read` of a workflow with the id "use.x".
        if (action === 'update' && permission.startsWith(`${USE}.`)) {
          const workflowId = permission.slice(USE.length + 1);
          return [{ permission, workflowId, action }];
        }
        if (action === 'read' && permission.startsWith(`${READ}.`)) {
          const workflowId = permission.slice(READ.length + 1);
          return [{ permission, workflowId, action }];
        }
        return [];
      });
  }
}
