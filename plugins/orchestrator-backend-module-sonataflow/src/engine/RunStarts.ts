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

import { ConflictError, NotFoundError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import {
  EngineTimeoutError,
  notStarted,
  type DownstreamCredentials,
  type EngineCall,
  type RunProvenance,
  type StartRequest,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { DataIndex } from '../dataIndex/DataIndex';
import type { RunRow } from '../dataIndex/rows';
import type { DownstreamHeaders } from '../runtime/DownstreamHeaders';
import type { EventSender } from '../runtime/EventSender';
import type { RuntimeClient } from '../runtime/RuntimeClient';
import { checkStorable } from '../runtime/storable';
import { correlationAttributes } from './correlation';
import type { Definitions, DefinitionVersion } from './Definitions';
import { pause, type Runs } from './Runs';

/** A start whose run is looked for. */
export type SoughtStart = Pick<StartRequest, 'runId' | 'definitionId'>;

/** A start, with what may be given to the services behind the workflow. */
export type StartCall = EngineCall & {
  readonly downstream?: DownstreamCredentials;
};

/** Keys of the input that are ours or SonataFlow's, and would be taken for what they are not. */
const RESERVED: readonly string[] = [
  'initiatorEntity',
  'workflowdatainput',
  'isEvent',
];

/** Between two looks for a run that an event starts; milliseconds. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;

/** Red Hat's pages read a ref as `kind:name`. */
function initiatorOf({ initiator }: RunProvenance): string {
  return initiator === 'anonymous' ? 'anonymous:anonymous' : initiator;
}

function withoutReserved(input: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(input).filter(([key]) => !RESERVED.includes(key)),
  );
}

/**
 * Starts runs. SonataFlow makes the id and takes no key for idempotency, so that the id of the start goes along as the business
 * key: by that a run is found whose answer was lost. Nothing is sent a second time.
 */
export class RunStarts {
  readonly #dataIndex: DataIndex;
  readonly #definitions: Definitions;
  readonly #runtimes: RuntimeClient;
  readonly #events: EventSender | undefined;
  readonly #headers: DownstreamHeaders;
  readonly #runs: Runs;
  readonly #timeout: number;
  readonly #now: () => number;

  /** @param options - `timeout`: of a start with all that belongs to it, in milliseconds */
  constructor(options: {
    readonly dataIndex: DataIndex;
    readonly definitions: Definitions;
    readonly runtimes: RuntimeClient;
    readonly events?: EventSender;
    readonly headers: DownstreamHeaders;
    readonly runs: Runs;
    readonly timeout: number;
    readonly now: () => number;
  }) {
    this.#dataIndex = options.dataIndex;
    this.#definitions = options.definitions;
    this.#runtimes = options.runtimes;
    this.#events = options.events;
    this.#headers = options.headers;
    this.#runs = options.runs;
    this.#timeout = options.timeout;
    this.#now = options.now;
  }

  /** Starts a run; as `WorkflowEngine.start`. */
  async start(request: StartRequest, call: StartCall): Promise<string> {
    const until = this.#now() + this.#timeout;
    const id = await this.#start(request, call, until);
    this.#runs.started.add(id);
    return id;
  }

  /**
   * The ids of runs by the ids of the starts that made them. A key can have been given again: the oldest run of the workflow has it.
   * An event that starts several workflows gives it to all of them.
   */
  async find(
    starts: readonly SoughtStart[],
    call: EngineCall,
  ): Promise<Map<string, string>> {
    const sought = new Map(starts.map(one => [one.runId, one.definitionId]));
    const rows = await this.#dataIndex.byBusinessKeys([...sought.keys()], call);
    const oldest = new Map<string, RunRow>();
    for (const row of rows) {
      // A run that another one started has its owner from that one.
      if (row.businessKey === undefined || row.parentId !== undefined) continue;
      if (sought.get(row.businessKey) !== row.processId) continue;
      const known = oldest.get(row.businessKey);
      if (!known || isBefore(row, known)) oldest.set(row.businessKey, row);
    }
    return new Map([...oldest].map(([key, { id }]) => [key, id]));
  }

  async #start(
    request: StartRequest,
    call: StartCall,
    until: number,
  ): Promise<string> {
    const version = await this.#prepare(request, call);
    // Never after a start without an event was refused: SonataFlow keeps its business key, and the event would then be lost.
    if (request.input.isEvent === true || version.facts.startEvent) {
      return this.#startByEvent(request, version, call, until);
    }
    const headers = await this.#before(() =>
      this.#headers.of(version.service, call.downstream),
    );
    const { provenance, definitionId, runId } = request;
    const { targetEntity } = provenance;
    const body: JsonObject = {
      workflowdata: withoutReserved(request.input),
      initiatorEntity: initiatorOf(provenance),
      ...(targetEntity === undefined ? {} : { targetEntity }),
    };
    const outcome = await this.#runtimes.start(version.service, definitionId, {
      businessKey: runId,
      body,
      headers,
      // Not ended by the caller: what was sent starts a run, and its id is worth waiting for.
      timeoutMs: Math.max(until - this.#now(), 1),
    });
    if ('id' in outcome) return outcome.id;
    throw notStarted(
      new ConflictError(
        'The workflow starts by an event that its definition does not tell',
      ),
    );
  }

  #prepare({ definitionId, input }: StartRequest, { abortSignal }: StartCall) {
    return this.#before(async () => {
      checkStorable(input);
      const version = await this.#definitions.find(definitionId, abortSignal);
      if (!version) throw new NotFoundError('There is no such workflow');
      const { service } = version;
      if (!service) {
        throw new ConflictError('It is not known where the workflow runs');
      }
      return { ...version, service };
    });
  }

  async #startByEvent(
    request: StartRequest,
    version: DefinitionVersion,
    call: StartCall,
    until: number,
  ): Promise<string> {
    const { runId, input } = request;
    const events = this.#events;
    if (!events) {
      throw notStarted(
        new ConflictError(
          'The workflow starts by an event, and no address for events is configured',
        ),
      );
    }
    const event = version.facts.startEvent;
    if (!event) {
      throw notStarted(new ConflictError('No event starts the workflow'));
    }
    // Who may start this workflow was decided; whether the caller may start those of another workspace was not.
    if (this.#definitions.startsElsewhere(version)) {
      throw notStarted(
        new ConflictError(
          'The event that starts the workflow also starts one of another workspace',
        ),
      );
    }
    const attributes = correlationAttributes(event, runId);
    await events.send(
      {
        id: runId,
        type: event.type,
        source: event.source,
        // Red Hat's workflows read the attributes from their data, too.
        data: { ...withoutReserved(input), ...attributes },
        extensions: { ...attributes, kogitobusinesskey: runId },
      },
      Math.max(until - this.#now(), 1),
    );
    return this.#await(request, call, until);
  }

  /** Waits until the Data Index has the run of a start: the answer to an event says nothing of it. */
  async #await(
    start: SoughtStart,
    call: StartCall,
    until: number,
  ): Promise<string> {
    const { abortSignal } = call;
    for (let time = FIRST_PAUSE; ; time = Math.min(2 * time, LONGEST_PAUSE)) {
      const id = (await this.find([start], call)).get(start.runId);
      if (id !== undefined) return id;
      if (abortSignal?.aborted || this.#now() + time > until) {
        throw new EngineTimeoutError(
          'The event was sent, and its run is not known yet',
        );
      }
      await pause(time, abortSignal);
    }
  }

  /** Does what comes before anything is sent that could start a run. */
  async #before<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw notStarted(error as Error);
    }
  }
}

function isBefore(one: RunRow, other: RunRow): boolean {
  return one.start === other.start
    ? one.id < other.id
    : one.start < other.start;
}
