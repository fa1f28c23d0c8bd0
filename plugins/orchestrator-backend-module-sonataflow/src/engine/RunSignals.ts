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

import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import type { EngineCall } from '@flowgate/backstage-plugin-orchestrator-node';
import { randomUUID } from 'node:crypto';
import type { EventSender } from '../runtime/EventSender';
import { checkStorable } from '../runtime/storable';
import { correlationAttributes } from './correlation';
import type { Definitions } from './Definitions';
import { hasEnded, type Runs } from './Runs';

/** Gives events to runs that wait for them. An event for which a run does not wait is lost: SonataFlow keeps none. */
export class RunSignals {
  readonly #definitions: Definitions;
  readonly #runs: Runs;
  readonly #events: EventSender | undefined;

  constructor(options: {
    readonly definitions: Definitions;
    readonly runs: Runs;
    readonly events?: EventSender;
  }) {
    this.#definitions = options.definitions;
    this.#runs = options.runs;
    this.#events = options.events;
  }

  /**
   * Sends an event to a run; as `WorkflowEngine.signal`.
   *
   * @param event - `name`: of the event in the definition
   */
  async signal(
    runId: string,
    event: { readonly name: string; readonly data: JsonValue },
    { abortSignal }: EngineCall,
  ): Promise<void> {
    const row = await this.#runs.find(runId, abortSignal);
    if (!row) throw new NotFoundError('There is no such run');
    const isOver = hasEnded(row) || row.state === 'ERROR';
    if (isOver || this.#runs.aborted.time(runId) !== undefined) {
      throw new ConflictError('The run has ended');
    }
    if (!this.#events) {
      throw new ConflictError('No address for events is configured');
    }
    const definition = await this.#definitions.find(row.processId, abortSignal);
    const known = definition?.facts.events.get(event.name);
    if (!definition) {
      throw new ConflictError('What events the workflow has is not known');
    }
    if (!known) {
      throw new InputError('The workflow has no event with this name');
    }
    checkStorable(event.data);
    await this.#events.send({
      id: randomUUID(),
      type: known.type,
      source: known.source,
      data: event.data,
      extensions: {
        ...correlationAttributes(known, row.businessKey),
        kogitoprocrefid: runId,
      },
    });
  }
}
