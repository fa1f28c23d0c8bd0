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

import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import {
  isOrchestratorId,
  reservedWorkflowIds,
} from '@flowgate/backstage-plugin-orchestrator-common';
import type {
  DefinitionSource,
  RegisteredDefinition,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { AuditTrail } from '../audit/AuditTrail';
import { isStorableText } from '../database/storableText';
import type { WorkflowIdStore } from '../database/WorkflowIdStore';
import {
  invalidRequest,
  OrchestratorError,
  workflowNotFound,
} from '../errors/OrchestratorError';
import type { Access } from '../gate/Access';
import type { CatalogEntry, DefinitionCatalog } from './DefinitionCatalog';
import {
  engineUnavailable,
  type EngineCalls,
  type Engines,
  type Refusals,
} from './EngineCalls';

type Registered = components['schemas']['RegisteredWorkflow'];

function taken(): OrchestratorError {
  return new OrchestratorError('workflow.conflict', 'The workflow id is taken');
}

function unchangeable(): OrchestratorError {
  return new OrchestratorError(
    'workflow.conflict',
    'This workflow does not come over HTTP and cannot be changed over HTTP',
  );
}

/** What the audit log calls what Backstage's auditor has other names for. */
const RECORDED = {
  'definition-create': 'definition.created',
  'definition-update': 'definition.updated',
  'definition-delete': 'definition.deleted',
} as const;

/** The faults of a definition are faults of the body. */
const REFUSALS: Refusals = {
  invalid: faults =>
    invalidRequest(
      faults.map(({ path, message }) => ({
        path: path === '' ? 'body' : `body/${path.replace(/^\//, '')}`,
        message,
      })),
    ),
};

/** Ends what managed tokens may do with one workflow. */
export type EndTokens = (access: Access, workflowId: string) => Promise<void>;

/** Registers, replaces and deletes definitions. A definition belongs to one workspace, and rights in it decide. */
export class DefinitionEditor {
  readonly #catalog: DefinitionCatalog;
  readonly #engines: Engines;
  readonly #ids: WorkflowIdStore;
  readonly #audit: AuditTrail;
  readonly #endTokens: EndTokens;

  constructor(options: {
    catalog: DefinitionCatalog;
    engines: Engines;
    ids: WorkflowIdStore;
    audit: AuditTrail;
    endTokens: EndTokens;
  }) {
    this.#catalog = options.catalog;
    this.#engines = options.engines;
    this.#ids = options.ids;
    this.#audit = options.audit;
    this.#endTokens = options.endTokens;
  }

  /** Registers a definition that is new. */
  async create(access: Access, source: DefinitionSource): Promise<Registered> {
    const keeper = this.#engines.keeper();
    if (!keeper) {
      throw engineUnavailable('', 'No engine takes definitions');
    }
    const checked = await this.#check(access, keeper, source);
    const { id: workflowId, workspace } = checked;
    const facts = { workflowId, workspace };
    await access.decideNewWorkflow('workflows:write', facts);
    await this.#refuseTaken(access, keeper, workflowId);

    const done = await this.#record(access, 'definition-create', facts, () =>
      this.#claimed(keeper, facts, () =>
        keeper.call(
          access.principal.ref,
          (engine, call) => engine.definitions!.create(source, call),
          { ...REFUSALS, conflict: taken },
        ),
      ),
    );
    return toRegistered(done);
  }

  /** Replaces a definition; it may move to another workspace where the caller may write too. */
  async update(
    access: Access,
    workflowId: string,
    source: DefinitionSource,
  ): Promise<Registered> {
    const { keeper, entry } = await this.#changeable(access, workflowId);
    const checked = await this.#check(access, keeper, source);
    if (checked.id !== workflowId) {
      throw invalidRequest([
        { path: 'body/id', message: 'must be the id of the path' },
      ]);
    }
    const facts = { workflowId, workspace: checked.workspace };
    const moves = checked.workspace !== entry.workspace;
    if (moves) await access.decideNewWorkflow('workflows:write', facts);
    const done = await this.#record(
      access,
      'definition-update',
      facts,
      async () => {
        const replaced = await keeper.call(
          access.principal.ref,
          (engine, call) =>
            engine.definitions!.replace(workflowId, source, call),
          { ...REFUSALS, notFound: workflowNotFound, conflict: unchangeable },
        );
        if (moves) await this.#ids.move(workflowId, checked.workspace);
        return replaced;
      },
    );
    return toRegistered(done);
  }

  /** Deletes a definition; its id stays its workspace's. */
  async delete(access: Access, workflowId: string): Promise<void> {
    const { keeper, entry } = await this.#changeable(access, workflowId);
    const facts = { workflowId, workspace: entry.workspace };
    await this.#record(access, 'definition-delete', facts, async () => {
      // Before, so that no failure in between leaves tokens for an id that is free; and after, for those minted meanwhile.
      await this.#endTokens(access, workflowId);
      await keeper.call(
        access.principal.ref,
        (engine, call) => engine.definitions!.delete(workflowId, call),
        { notFound: workflowNotFound, conflict: unchangeable },
      );
      await this.#endTokens(access, workflowId);
    });
  }

  async #check(
    access: Access,
    keeper: EngineCalls,
    source: DefinitionSource,
  ): Promise<RegisteredDefinition> {
    const checked = await keeper.call(
      access.principal.ref,
      (engine, call) => engine.definitions!.check(source, call),
      REFUSALS,
    );
    const { id, version, workspace } = checked;
    if (!isStorableText(version) || !isStorableText(workspace)) {
      throw invalidRequest([
        {
          path: 'body',
          message:
            'must not have NUL characters or broken surrogate pairs in its version or workspace',
        },
      ]);
    }
    if (!isOrchestratorId(id) || reservedWorkflowIds.includes(id)) {
      throw invalidRequest([
        { path: 'body/id', message: 'cannot be the id of a workflow' },
      ]);
    }
    return checked;
  }

  /** Whether an id is free tells nothing that a caller could not try: it is a conflict wherever it is taken. */
  async #refuseTaken(
    access: Access,
    keeper: EngineCalls,
    workflowId: string,
  ): Promise<void> {
    if (await this.#catalog.findFresh(workflowId)) throw taken();
    const claim = await this.#ids.find(workflowId);
    if (!claim) return;
    if (claim.engineId !== keeper.id) throw taken();
    try {
      // It was deleted, or taken from its folder; it stays its workspace's.
      await access.decideWorkflow('workflows:write', claim);
    } catch (error) {
      const { status } = error as OrchestratorError;
      throw status === 403 || status === 404 ? taken() : error;
    }
  }

  async #changeable(
    access: Access,
    workflowId: string,
  ): Promise<{ keeper: EngineCalls; entry: CatalogEntry }> {
    const entry = await this.#catalog.findFresh(workflowId);
    await access.decideWorkflow('workflows:write', entry);
    const keeper = this.#engines.get(entry!.engineId);
    if (!keeper.engine.definitions || entry!.definition.origin !== 'http') {
      throw unchangeable();
    }
    return { keeper, entry: entry! };
  }

  /** Takes an id for a definition that is about to be made, and gives a new one up again where it is not made. */
  async #claimed<T>(
    keeper: EngineCalls,
    facts: { workflowId: string; workspace: string },
    work: () => Promise<T>,
  ): Promise<T> {
    const claim = { ...facts, engineId: keeper.id };
    const before = await this.#ids.find(facts.workflowId);
    const owner = (await this.#ids.claim([claim])).get(facts.workflowId);
    if (owner?.engineId !== keeper.id) throw taken();
    try {
      const result = await work();
      if (owner.workspace !== facts.workspace) {
        await this.#ids.move(facts.workflowId, facts.workspace);
      }
      return result;
    } catch (error) {
      if (!before) await this.#ids.release(claim);
      throw error;
    }
  }

  async #record<T>(
    access: Access,
    eventId: keyof typeof RECORDED,
    facts: { workflowId: string; workspace: string },
    work: () => Promise<T>,
  ): Promise<T> {
    const { principal, origin } = access;
    const { workflowId, workspace } = facts;
    return this.#audit.around(
      {
        eventId,
        severity: 'medium',
        principal,
        origin,
        meta: { ...facts },
        record: { event: RECORDED[eventId], workflowId, meta: { workspace } },
      },
      async () => {
        const result = await work();
        // Whoever asks next finds what was just done.
        await this.#catalog.refresh();
        return { result };
      },
    );
  }
}

function toRegistered(definition: RegisteredDefinition): Registered {
  return {
    workflowId: definition.id,
    version: definition.version,
    workspace: definition.workspace,
    warnings: [...definition.warnings],
  };
}
