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

import { createHash } from 'node:crypto';
import type { JsonValue } from '@backstage/types';
import type { AuditTrail } from '../../audit/AuditTrail';
import {
  instanceNotFound,
  invalidRequest,
  OrchestratorError,
} from '../../errors/OrchestratorError';
import type { Access } from '../../gate/Access';
import type { Engines } from '../EngineCalls';
import type { KnownRuns } from './KnownRuns';

/** A key is that of its caller: another caller's equal key is another one. */
function eventId(ref: string, key: string | undefined): string | undefined {
  if (key === undefined) return undefined;
  const text = JSON.stringify([ref, key]);
  return createHash('sha256').update(text).digest('hex');
}

/** Gives single runs events, by the names that their definitions have for them. */
export class RunSignals {
  readonly #runs: KnownRuns;
  readonly #engines: Engines;
  readonly #audit: AuditTrail;

  constructor(options: {
    runs: KnownRuns;
    engines: Engines;
    audit: AuditTrail;
  }) {
    this.#runs = options.runs;
    this.#engines = options.engines;
    this.#audit = options.audit;
  }

  /**
   * Gives a run an event that it waits for, or will.
   *
   * @param idempotencyKey - what the same caller gives the run under the same key counts once
   */
  async signal(
    access: Access,
    instanceId: string,
    event: { name: string; data?: JsonValue },
    idempotencyKey?: string,
  ): Promise<void> {
    const run = await this.#runs.find(instanceId);
    await access.decideRun('instances:write', run);
    const { workflowId, engineId } = run!;
    const calls = this.#engines.get(engineId);
    const { principal, origin } = access;
    const meta = { workflowId, instanceId };
    await this.#audit.around(
      {
        eventId: 'signal-instance',
        severity: 'low',
        principal,
        origin,
        meta,
        record: {
          event: 'run.signalled',
          ...meta,
          meta: { name: event.name },
        },
      },
      async () => {
        const conflict = (message: string) =>
          new OrchestratorError('instance.conflict', message);
        if (!calls.engine.capabilities.signal) {
          throw conflict('The engine of this workflow takes no events');
        }
        const { name, data = null } = event;
        const id = eventId(principal.ref, idempotencyKey);
        await calls.call(
          principal.ref,
          (engine, call) => engine.signal(instanceId, { name, data, id }, call),
          {
            notFound: () =>
              run!.lostAt === undefined
                ? instanceNotFound()
                : conflict('The engine of the workflow has lost the run'),
            conflict: () =>
              conflict('The run has ended, or holds too many events already'),
            invalid: faults =>
              invalidRequest(
                faults.map(({ path, message }) => ({
                  path: path === '' ? 'body' : `body/${path}`,
                  message,
                })),
              ),
          },
        );
        return { result: undefined };
      },
    );
  }
}
