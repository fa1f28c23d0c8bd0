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
import type { JsonObject } from '@backstage/types';
import type { ProviderToken } from '@flowgate/backstage-plugin-orchestrator-node';
import type { AuditTrail } from '../audit/AuditTrail';
import type { StartedRun } from '../database/RunRow';
import type { RunStore } from '../database/RunStore';
import {
  instanceNotFound,
  invalidRequest,
  OrchestratorError,
} from '../errors/OrchestratorError';
import type { Access } from '../gate/Access';
import type { WorkflowMetrics } from '../metrics/PluginMetrics';
import type { DefinitionCatalog } from './DefinitionCatalog';
import type { Downstream } from './downstreamCredentials';
import {
  engineUnavailable,
  type EngineCalls,
  type Engines,
} from './EngineCalls';
import { SETTLING } from './IndexCheck';
import type { InputChecker } from './input/InputChecker';
import type { RunStarter } from './RunStarter';

function conflict(message: string): OrchestratorError {
  return new OrchestratorError('instance.conflict', message);
}

/** What changes runs: start, abort, retrigger. Each is decided, recorded and done, in this order. */
export class RunActions {
  readonly #catalog: DefinitionCatalog;
  readonly #runs: RunStore;
  readonly #engines: Engines;
  readonly #starter: RunStarter;
  readonly #inputs: InputChecker;
  readonly #downstream: Downstream;
  readonly #audit: AuditTrail;
  readonly #metrics: WorkflowMetrics;
  readonly #logger: LoggerService;
  readonly #now: () => number;

  constructor(options: {
    catalog: DefinitionCatalog;
    runs: RunStore;
    engines: Engines;
    starter: RunStarter;
    inputs: InputChecker;
    downstream: Downstream;
    audit: AuditTrail;
    metrics: WorkflowMetrics;
    logger: LoggerService;
    now: () => number;
  }) {
    this.#catalog = options.catalog;
    this.#runs = options.runs;
    this.#engines = options.engines;
    this.#starter = options.starter;
    this.#inputs = options.inputs;
    this.#downstream = options.downstream;
    this.#audit = options.audit;
    this.#metrics = options.metrics;
    this.#logger = options.logger;
    this.#now = options.now;
  }

  /**
   * Starts a run, or answers with that of an earlier start with the same key.
   *
   * @param body - `authTokens`: for services behind the workflow; they go to the engine and nowhere else
   */
  async execute(
    access: Access,
    workflowId: string,
    body: {
      inputData?: JsonObject;
      targetEntity?: string;
      authTokens?: readonly ProviderToken[];
    },
    idempotencyKey?: string,
  ): Promise<{ id: string }> {
    const entry = await this.#catalog.find(workflowId);
    await access.decideWorkflow('workflows:execute', entry);
    const { definition, engineId } = entry!;
    const { inputData = {}, targetEntity } = body;
    if (definition.startsByEvent) {
      throw invalidRequest([
        {
          path: 'path/workflowId',
          message: 'is of a workflow that is started by an event: send that',
        },
      ]);
    }
    this.#inputs.check(definition, { inputData, targetEntity });
    if (!definition.available) {
      throw engineUnavailable(engineId, definition.unavailableReason);
    }
    return this.#audit.around(
      this.#event(access, 'execute-workflow', { workflowId }),
      async () => {
        const { id, repeated } = await this.#starter.start({
          principal: access.principal,
          address: access.origin.address,
          entry: entry!,
          input: inputData,
          targetEntity,
          idempotencyKey,
          downstream: this.#downstream(access.principal, body.authTokens),
        });
        const meta = repeated ? { id, repeated } : { id };
        return { result: { id }, meta };
      },
    );
  }

  /** Ends a run that has not ended. */
  async abort(access: Access, instanceId: string): Promise<void> {
    const run = await this.#runs.find(instanceId);
    await access.decideRun('instances:write', run);
    const { engineId, workflowId } = run!;
    const calls = this.#engines.get(engineId);
    const meta = { workflowId, instanceId };
    await this.#audit.around(
      {
        ...this.#event(access, 'abort-workflow', meta),
        record: { event: 'run.aborted', ...meta },
      },
      async () => {
        if (!calls.engine.capabilities.abort) {
          throw conflict('The engine of this workflow cannot abort runs');
        }
        await this.#abort(access.principal.ref, calls, run!);
        await this.#note(run!, ['PENDING', 'ACTIVE', 'SUSPENDED', 'ERROR'], {
          state: 'ABORTED',
          end: this.#now(),
        });
        return { result: undefined };
      },
    );
  }

  /** Ends a run at its engine; one that the engine has lost is ended in the index alone. */
  async #abort(
    caller: string,
    calls: EngineCalls,
    run: StartedRun,
  ): Promise<void> {
    try {
      await calls.call(caller, (engine, call) => engine.abort(run.id, call), {
        notFound: instanceNotFound,
        conflict: () => conflict('The run has ended already'),
      });
    } catch (error) {
      const { code } = error as OrchestratorError;
      const isUnknown =
        code === 'instance.not_found' || code === 'instance.conflict';
      const hasEnded = run.state === 'COMPLETED' || run.state === 'ABORTED';
      if (!isUnknown || hasEnded || !(await this.#isLost(caller, calls, run))) {
        throw error;
      }
    }
  }

  /** Whether the engine will not go on with a run: by what the index saw before, or by what the engine says now. */
  async #isLost(
    caller: string,
    calls: EngineCalls,
    run: StartedRun,
  ): Promise<boolean> {
    if (!calls.engine.standings) return false;
    if (run.lostAt !== undefined) return true;
    try {
      const details = await calls.call(caller, (engine, call) =>
        engine.get(run.id, call),
      );
      return details
        ? details.lost !== undefined
        : run.start < this.#now() - SETTLING;
    } catch {
      // What the engine said of the abort stands.
      return false;
    }
  }

  /**
   * Runs a failed run of a workflow again from the node that failed.
   *
   * @param authTokens - as of a start
   */
  async retrigger(
    access: Access,
    workflowId: string,
    instanceId: string,
    authTokens?: readonly ProviderToken[],
  ): Promise<void> {
    const found = await this.#runs.find(instanceId);
    const run = found?.workflowId === workflowId ? found : undefined;
    await access.decideRun('instances:write', run);
    const calls = this.#engines.get(run!.engineId);
    const meta = { workflowId, instanceId };
    await this.#audit.around(
      {
        ...this.#event(access, 'retrigger-instance', meta),
        record: { event: 'run.retriggered', ...meta },
      },
      async () => {
        if (!calls.engine.capabilities.retrigger) {
          throw conflict('The engine of this workflow cannot retrigger runs');
        }
        await calls.call(
          access.principal.ref,
          (engine, call) =>
            engine.retrigger(instanceId, {
              ...call,
              downstream: this.#downstream(access.principal, authTokens, run!),
            }),
          {
            notFound: () =>
              run!.lostAt === undefined
                ? instanceNotFound()
                : conflict('The engine of the workflow has lost the run'),
            conflict: () => conflict('The run has not failed'),
            // Of what the caller sends, an engine can only refuse the tokens.
            invalid: faults =>
              invalidRequest(
                faults.map(({ path, message }) => ({
                  path: `body/${path}`,
                  message,
                })),
              ),
          },
        );
        // Where it has failed again already, the feed may have said so.
        const { revision } = run!;
        await this.#note(run!, ['ERROR'], { state: 'ACTIVE', revision });
        return { result: undefined };
      },
    );
  }

  /** The engine has done it: that the index does not know yet is no failure of the operation, the feed will tell it. */
  async #note(
    run: StartedRun,
    from: Parameters<RunStore['move']>[1],
    to: Parameters<RunStore['move']>[2],
  ): Promise<void> {
    try {
      await this.#runs.move(run.id, from, to);
      this.#metrics.runState(to.state);
    } catch {
      this.#logger.warn(
        'The index does not know yet what became of a run that was aborted or retriggered',
      );
    }
  }

  #event(access: Access, eventId: string, meta: JsonObject) {
    const { principal, origin } = access;
    return { eventId, severity: 'low' as const, principal, origin, meta };
  }
}
