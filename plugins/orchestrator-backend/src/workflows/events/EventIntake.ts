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
import type {
  EngineEvent,
  EngineEvents,
  EventTargets,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { AuditTrail } from '../../audit/AuditTrail';
import {
  type Fault,
  invalidRequest,
  OrchestratorError,
} from '../../errors/OrchestratorError';
import type { Access } from '../../gate/Access';
import { includesWorkflow } from '../../grants/criteria';
import type { CatalogEntry, DefinitionCatalog } from '../DefinitionCatalog';
import type { Downstream } from '../downstreamCredentials';
import type { EngineCalls, Engines } from '../EngineCalls';
import type { RunStarter } from '../RunStarter';
import type { KnownRuns } from './KnownRuns';

/** Codes of starts that will be refused again however often the event comes; the others are worth a repeat. */
const REFUSED: ReadonlySet<string> = new Set([
  'workflow.not_found',
  'workflow.conflict',
  'request.invalid',
]);

/** Codes after which nothing else is tried: it would only wait for the same. */
const DOWN: ReadonlySet<string> = new Set([
  'engine.unavailable',
  'engine.timeout',
  'service.unavailable',
]);

/** The most characters of an attribute of an event in the audit trail. */
const MAX_SHOWN = 200;

const REFUSALS = {
  invalid: (faults: readonly Fault[]) =>
    invalidRequest(
      faults.map(({ path, message }) => ({
        path: path === '' ? 'body' : `body/${path}`,
        message,
      })),
    ),
};

/** The events of an engine, which has some. */
function eventsOf({ engine }: EngineCalls): EngineEvents {
  return engine.events!;
}

/**
 * Takes events from outside. What one would reach, its engine says; what it may reach is what its sender could start or signal
 * itself. All of it can be done again: what an event has done already is not done twice.
 */
export class EventIntake {
  readonly #catalog: DefinitionCatalog;
  readonly #runs: KnownRuns;
  readonly #engines: Engines;
  readonly #starter: RunStarter;
  readonly #downstream: Downstream;
  readonly #audit: AuditTrail;
  readonly #logger: LoggerService;

  constructor(options: {
    catalog: DefinitionCatalog;
    runs: KnownRuns;
    engines: Engines;
    starter: RunStarter;
    downstream: Downstream;
    audit: AuditTrail;
    logger: LoggerService;
  }) {
    this.#catalog = options.catalog;
    this.#runs = options.runs;
    this.#engines = options.engines;
    this.#starter = options.starter;
    this.#downstream = options.downstream;
    this.#audit = options.audit;
    this.#logger = options.logger;
  }

  /**
   * Gives an event to the runs that it is for, and starts the workflows that it starts, as far as the caller may.
   *
   * @throws OrchestratorError where something of it could not be done now; the same event again then goes on where this one stopped
   */
  async receive(access: Access, event: EngineEvent): Promise<void> {
    for (const calls of this.#engines.all()) {
      if (!calls.engine.events) continue;
      const targets = await calls.call(
        access.principal.ref,
        (engine, call) => engine.events!.match(event, call),
        REFUSALS,
      );
      const crowds = await this.#deliver(calls, access, event, targets);
      await this.#startAll(calls, access, event, targets.definitions);
      if (crowds.length > 0) {
        throw invalidRequest(
          crowds.map(id => ({
            path: 'body',
            message: `would reach too many runs of workflow "${id}", and is given to none of these`,
          })),
        );
      }
    }
  }

  /**
   * Gives the event to runs.
   *
   * @returns the workflows of which the caller could signal more runs than one event may reach: they are left out
   */
  async #deliver(
    calls: EngineCalls,
    access: Access,
    event: EngineEvent,
    targets: EventTargets,
  ): Promise<readonly string[]> {
    const ids = targets.runs
      // The run that this event started, when it came before: it has it.
      .filter(
        run => run.id !== eventsOf(calls).runIdFor(event, run.definitionId),
      )
      .map(({ id }) => id);
    if (ids.length === 0) return [];
    const allowed = await access.runsAmong(
      'instances:write',
      await this.#runs.ofEngine(calls.id, ids),
    );
    const crowds = (targets.crowded ?? []).filter(
      crowd =>
        allowed.filter(({ workflowId }) => workflowId === crowd).length >=
        targets.runs.filter(({ definitionId }) => definitionId === crowd)
          .length,
    );
    const runs = allowed.filter(
      ({ workflowId }) => !crowds.includes(workflowId),
    );
    if (runs.length === 0) return crowds;
    const { principal, origin } = access;
    const type = event.type.slice(0, MAX_SHOWN);
    await this.#audit.around(
      {
        eventId: 'signal-instance',
        severity: 'low',
        principal,
        origin,
        meta: { type, runs: runs.length },
        records: runs.map(({ id, workflowId }) => ({
          event: 'run.signalled',
          workflowId,
          instanceId: id,
          meta: { type },
        })),
      },
      async () => {
        const given = await calls.call(
          principal.ref,
          (engine, call) =>
            engine.events!.deliver(
              event,
              runs.map(({ id }) => id),
              call,
            ),
          REFUSALS,
        );
        return { result: undefined, meta: { given: given.length } };
      },
    );
    return crowds;
  }

  async #startAll(
    calls: EngineCalls,
    access: Access,
    event: EngineEvent,
    targets: EventTargets['definitions'],
  ): Promise<void> {
    if (targets.length === 0) return;
    const allowed = await access.workflows('workflows:execute');
    let failure: OrchestratorError | undefined;
    for (const { id } of targets) {
      const entry = await this.#catalog.find(id);
      // An id belongs to the engine that had it first.
      if (entry?.engineId !== calls.id || !includesWorkflow(allowed, entry)) {
        continue;
      }
      try {
        await this.#start(calls, access, event, entry);
      } catch (error) {
        if (!(error instanceof OrchestratorError)) throw error;
        if (DOWN.has(error.code)) throw error;
        if (REFUSED.has(error.code)) {
          this.#logger.warn(
            `An event does not start workflow "${id}": ${error.code}`,
          );
        } else {
          failure ??= error;
        }
      }
    }
    if (failure) throw failure;
  }

  async #start(
    calls: EngineCalls,
    access: Access,
    event: EngineEvent,
    entry: CatalogEntry,
  ): Promise<void> {
    const { principal, origin } = access;
    const { workflowId } = entry;
    const runId = eventsOf(calls).runIdFor(event, workflowId);
    await this.#audit.around(
      {
        eventId: 'execute-workflow',
        severity: 'low',
        principal,
        origin,
        meta: { workflowId },
      },
      async () => {
        const { id, repeated } = await this.#starter.start({
          principal,
          address: origin.address,
          entry,
          input: {},
          by: { event, runId },
          downstream: this.#downstream(principal, undefined),
        });
        const meta = repeated ? { id, repeated } : { id };
        return { result: undefined, meta };
      },
    );
  }
}
