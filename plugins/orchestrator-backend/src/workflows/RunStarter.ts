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

import { randomUUID } from 'node:crypto';
import type { LoggerService } from '@backstage/backend-plugin-api';
import type { JsonObject } from '@backstage/types';
import { isOrchestratorId } from '@flowgate/backstage-plugin-orchestrator-common';
import { isStarted, type RunRow } from '../database/RunRow';
import type { RunStore } from '../database/RunStore';
import {
  invalidRequest,
  OrchestratorError,
  workflowNotFound,
} from '../errors/OrchestratorError';
import type { Principal } from '../gate/Principal';
import type { WorkflowMetrics } from '../metrics/PluginMetrics';
import type { CatalogEntry } from './DefinitionCatalog';
import {
  engineUnavailable,
  type EngineCalls,
  type Engines,
} from './EngineCalls';
import { inputHash } from './input/inputHash';

/** How often a repeat looks whether the first start has its answer; milliseconds. */
const REPEAT_INTERVAL = 100;

/** A start that may be made and whose input is checked. */
export interface Start {
  readonly principal: Principal;
  /** Where it came from. */
  readonly address?: string;
  readonly entry: CatalogEntry;
  readonly input: JsonObject;
  readonly targetEntity?: string;
  readonly idempotencyKey?: string;
}

/** Codes that say for sure that no run was started. Any other failure may have come after the start. */
const REFUSED = new Set<string>([
  'workflow.not_found',
  'workflow.conflict',
  'request.invalid',
]);

/** Starts runs: reserves the row, asks the engine, confirms the row, in this order, so that no run is without its row. */
export class RunStarter {
  readonly #runs: RunStore;
  readonly #engines: Engines;
  readonly #metrics: WorkflowMetrics;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  readonly #timeout: number;

  /** @param options - `timeout`: how long a repeat waits for the answer to the first start; milliseconds */
  constructor(options: {
    runs: RunStore;
    engines: Engines;
    metrics: WorkflowMetrics;
    logger: LoggerService;
    now: () => number;
    timeout: number;
  }) {
    this.#runs = options.runs;
    this.#engines = options.engines;
    this.#metrics = options.metrics;
    this.#logger = options.logger;
    this.#now = options.now;
    this.#timeout = options.timeout;
  }

  /** @returns the id, and whether it is that of an earlier start with the same key */
  async start(start: Start): Promise<{ id: string; repeated: boolean }> {
    const row = this.#rowOf(start);
    const deadline = this.#now() + this.#timeout;
    for (;;) {
      const reservation = await this.#runs.reserve(row, start.address);
      if (reservation.reserved) {
        return { id: await this.#launch(row, start.input), repeated: false };
      }
      const { existing } = reservation;
      if (existing.inputHash !== row.inputHash) {
        throw new OrchestratorError(
          'request.idempotency_conflict',
          'The Idempotency-Key was used with another body',
        );
      }
      if (isStarted(existing)) return { id: existing.id, repeated: true };
      const { capabilities } = this.#engines.get(existing.engineId).engine;
      if (capabilities.acceptsRunId) {
        // To start it again under its id changes nothing where it was started, and makes up for it where it was not.
        const id = await this.#launch(existing, start.input);
        return { id, repeated: true };
      }
      if (this.#now() >= deadline) {
        throw engineUnavailable(
          existing.engineId,
          'The first start with this Idempotency-Key has no answer yet',
        );
      }
      await new Promise(resolve => {
        setTimeout(resolve, REPEAT_INTERVAL);
      });
    }
  }

  #rowOf(start: Start): RunRow {
    const { principal, entry, input, targetEntity, idempotencyKey } = start;
    return {
      id: randomUUID(),
      engineId: entry.engineId,
      workflowId: entry.workflowId,
      workspace: entry.workspace,
      version: entry.definition.version,
      name: entry.definition.name ?? entry.workflowId,
      initiator: principal.ref,
      owner: principal.token?.owner ?? principal.ref,
      actor: principal.actor,
      tokenId: principal.tokenId,
      targetEntity,
      state: 'PENDING',
      idempotencyKey,
      inputHash:
        idempotencyKey === undefined
          ? undefined
          : inputHash({ inputData: input, targetEntity }),
      revision: 0,
      reservedAt: this.#now(),
    };
  }

  async #launch(row: RunRow, input: JsonObject): Promise<string> {
    const calls = this.#engines.get(row.engineId);
    const id = await this.#ask(calls, row, input);
    try {
      const isNew = await this.#runs.confirm(row, { id, state: 'ACTIVE' });
      if (isNew) this.#metrics.runState('ACTIVE');
    } catch (error) {
      // The run is there and so is its reservation: the feed or the reconciler confirms it once the database is back. Only
      // an id that the engine made cannot be found again that way.
      if (id !== row.id) throw error;
      this.#logger.warn('A run was started but is not confirmed yet');
    }
    return id;
  }

  async #ask(
    calls: EngineCalls,
    row: RunRow,
    input: JsonObject,
  ): Promise<string> {
    const { workflowId, initiator, owner, actor, tokenId } = row;
    const { targetEntity, workspace } = row;
    try {
      const { id } = await calls.call(
        initiator,
        (engine, call) =>
          engine.start(
            {
              definitionId: workflowId,
              runId: row.id,
              input,
              provenance: {
                initiator,
                owner,
                actor,
                tokenId,
                targetEntity,
                workspace,
              },
            },
            call,
          ),
        {
          notFound: workflowNotFound,
          conflict: () =>
            new OrchestratorError(
              'workflow.conflict',
              'The engine does not start this workflow now',
            ),
          invalid: faults =>
            invalidRequest(
              faults.map(({ path, message }) => ({
                path: `body/inputData${path}`,
                message,
              })),
            ),
        },
      );
      if (typeof id !== 'string' || !isOrchestratorId(id)) {
        throw calls.badAnswer(id);
      }
      return id;
    } catch (error) {
      const { code } = error as OrchestratorError;
      if (REFUSED.has(code)) {
        await this.#runs.release(row.id, { code });
      }
      throw error;
    }
  }
}
