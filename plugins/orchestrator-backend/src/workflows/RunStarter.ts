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
import {
  type DownstreamCredentials,
  type EngineEvent,
  isNotStarted,
  type WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
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
  type Refusals,
} from './EngineCalls';
import { inputHash } from './input/inputHash';
import { RepeatedStarts } from './RepeatedStarts';

/** A start that may be made and whose input is checked. */
export interface Start {
  readonly principal: Principal;
  /** Where it came from. */
  readonly address?: string;
  readonly entry: CatalogEntry;
  readonly input: JsonObject;
  readonly targetEntity?: string;
  readonly idempotencyKey?: string;
  /** The event that starts it, with the id for the run: a start by the same event is the same start, whoever makes it. */
  readonly by?: { readonly event: EngineEvent; readonly runId: string };
  /** What the workflow may be given to call other services with; handed to the engine and kept nowhere. */
  readonly downstream?: DownstreamCredentials;
}

/** Codes that say for sure that no run was started. Any other failure may have come after the start. */
const REFUSED = new Set<string>([
  'workflow.not_found',
  'workflow.conflict',
  'request.invalid',
]);

function unanswered({ engineId }: RunRow): OrchestratorError {
  return engineUnavailable(
    engineId,
    'The first start with this Idempotency-Key has no answer yet',
  );
}

const REFUSALS: Refusals = {
  notFound: workflowNotFound,
  conflict: () =>
    new OrchestratorError(
      'workflow.conflict',
      'The engine does not start this workflow now',
    ),
  invalid: faults =>
    invalidRequest(
      faults.map(({ path, message }) => ({
        // Pointers into the input begin with a slash or are empty; an engine names tokens by `authTokens/<place>`.
        path: path.startsWith('authTokens/')
          ? `body/${path}`
          : `body/inputData${path}`,
        message,
      })),
    ),
};

type Started = Awaited<ReturnType<WorkflowEngine['start']>>;

/** @throws OrchestratorError where the engine answers an id that cannot be one */
function checked(calls: EngineCalls, started: Started): Started {
  const { id } = started;
  if (typeof id !== 'string' || !isOrchestratorId(id)) {
    throw calls.badAnswer(id);
  }
  return started;
}

/** Starts runs: reserves the row, asks the engine, confirms the row, in this order, so that no run is without its row. */
export class RunStarter {
  readonly #runs: RunStore;
  readonly #engines: Engines;
  readonly #metrics: WorkflowMetrics;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  readonly #repeats: RepeatedStarts;
  /** Answers that came too late for their callers and are being written down. */
  readonly #late = new Set<Promise<void>>();

  constructor(options: {
    runs: RunStore;
    engines: Engines;
    metrics: WorkflowMetrics;
    logger: LoggerService;
    now: () => number;
  }) {
    this.#runs = options.runs;
    this.#engines = options.engines;
    this.#metrics = options.metrics;
    this.#logger = options.logger;
    this.#now = options.now;
    this.#repeats = new RepeatedStarts(options);
  }

  /** @returns the id, and whether it is that of an earlier start with the same key, or by the same event */
  async start(start: Start): Promise<{ id: string; repeated: boolean }> {
    const row = this.#rowOf(start);
    const begun = this.#now();
    for (;;) {
      const reservation = await this.#runs.reserve(row, {
        address: start.address,
        isOnce: start.by !== undefined,
      });
      if (reservation.reserved) {
        return { id: await this.#launch(row, start), repeated: false };
      }
      const { existing } = reservation;
      if (existing.inputHash !== row.inputHash) {
        throw new OrchestratorError(
          'request.idempotency_conflict',
          'The Idempotency-Key was used with another body',
        );
      }
      if (isStarted(existing)) return { id: existing.id, repeated: true };
      const { engine, startTimeout } = this.#engines.get(existing.engineId);
      if (engine.capabilities.acceptsRunId) {
        // To start it again under its id changes nothing where it was started, and makes up for it where it was not.
        const isOwn = existing.initiator === row.initiator;
        const id = await this.#launch(
          existing,
          // One event may come from two callers: the run of the first gets nothing to act with as the second.
          isOwn ? start : { ...start, downstream: undefined },
        );
        return { id, repeated: true };
      }
      const deadline = begun + startTimeout;
      if (this.#now() >= deadline) throw unanswered(existing);
      await this.#repeats.wait(existing, deadline);
    }
  }

  /** Ends once the answers that have come are written down. */
  async stop(): Promise<void> {
    await Promise.all(this.#late);
  }

  #rowOf(start: Start): RunRow {
    const { principal, entry, input, targetEntity, idempotencyKey } = start;
    return {
      id: start.by?.runId ?? randomUUID(),
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

  async #launch(row: RunRow, start: Start): Promise<string> {
    const id = await this.#ask(this.#engines.get(row.engineId), row, start);
    try {
      await this.#confirm(row, id);
    } catch (error) {
      // The run is there and so is its reservation: the feed or the reconciler confirms it once the database is back. Only
      // an id that the engine made is not one that the caller can be told before it is known whose it is.
      if (id !== row.id) throw error;
      this.#logger.warn('A run was started but is not confirmed yet');
    }
    return id;
  }

  async #confirm(row: RunRow, id: string): Promise<void> {
    const isNew = await this.#runs.confirm(row, { id, state: 'ACTIVE' });
    if (isNew) this.#metrics.runState('ACTIVE');
  }

  async #ask(calls: EngineCalls, row: RunRow, start: Start): Promise<string> {
    const { workflowId, initiator, owner, actor, tokenId } = row;
    const { targetEntity, workspace } = row;
    const provenance = {
      initiator,
      owner,
      actor,
      tokenId,
      targetEntity,
      workspace,
    };
    const { input, downstream, by } = start;
    const request = {
      definitionId: workflowId,
      runId: row.id,
      input,
      provenance,
      event: by?.event,
    };
    try {
      const { id } = await calls.start(
        initiator,
        async (engine, call) =>
          checked(calls, await engine.start(request, { ...call, downstream })),
        REFUSALS,
        late => this.#keepLate(row, late),
      );
      return id;
    } catch (error) {
      await this.#releaseRefused(row, error);
      throw error;
    }
  }

  async #releaseRefused(row: RunRow, error: unknown): Promise<void> {
    const { code } = error as OrchestratorError;
    if (REFUSED.has(code) || isNotStarted(error)) {
      await this.#runs.release(row.id, { code });
    }
  }

  /** Nobody waits for the answer any more, but it tells what became of the reservation. */
  #keepLate(row: RunRow, answer: Promise<{ id: string }>): void {
    const keep = async (work: () => Promise<void>) => {
      const kept = work().catch(() => {
        this.#logger.warn(
          'The late answer to a start could not be written down; the start is settled as one whose answer was lost',
        );
      });
      this.#late.add(kept);
      await kept;
      this.#late.delete(kept);
    };
    answer.then(
      ({ id }) => keep(() => this.#confirm(row, id)),
      error => keep(() => this.#releaseRefused(row, error)),
    );
  }
}
