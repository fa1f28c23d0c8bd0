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
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import {
  type EngineRun,
  type EngineRunEvent,
  notStarted,
  type RunChange,
  type RunChanges,
  type RunStanding,
  type RunState,
  type StartRequest,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { FakeStorage, StoredDefinition, StoredRun } from './FakeStorage';

const ENDED: readonly RunState[] = ['COMPLETED', 'ABORTED'];

/** What names an event: it counts once. */
export function eventKey(event: { source?: string; id: string }): string {
  return JSON.stringify([event.source ?? null, event.id]);
}

/** The runs of a fake engine and the changes that it tells of. */
export class FakeRuns {
  readonly #storage: FakeStorage;
  readonly #acceptsRunId: boolean;
  readonly #now: () => number;
  readonly #changed: () => void;

  constructor(options: {
    storage: FakeStorage;
    acceptsRunId: boolean;
    now: () => number;
    changed: () => void;
  }) {
    this.#storage = options.storage;
    this.#acceptsRunId = options.acceptsRunId;
    this.#now = options.now;
    this.#changed = options.changed;
  }

  start(
    stored: StoredDefinition,
    request: Omit<StartRequest, 'provenance'> & Pick<EngineRun, 'provenance'>,
  ): { id: string } {
    const id = this.#acceptsRunId ? request.runId : randomUUID();
    if (this.#storage.runs.has(id)) return { id };
    const { event } = request;
    if (stored.startsOn && !event) {
      throw notStarted(new InputError('The definition is started by an event'));
    }
    const run: StoredRun = {
      scenario: stored.scenario,
      startedAs: this.#acceptsRunId ? undefined : request.runId,
      revision: 0,
      log: [],
      history: [],
      startedWith: event?.extensions,
      had: new Set(event ? [eventKey(event)] : []),
      run: {
        id,
        definitionId: request.definitionId,
        version: stored.definition.version,
        state: 'ACTIVE',
        start: this.#time(),
        data: event ? event.data ?? {} : request.input,
        nodes: [
          {
            id: `${id}-1`,
            name: 'step',
            type: 'ActionNode',
            definitionId: 'step',
            enter: this.#time(),
          },
        ],
        provenance: request.provenance,
      },
    };
    this.#storage.runs.set(id, run);
    this.#log(run, 'started');
    this.move(run, 'ACTIVE');
    if (stored.scenario === 'completes') this.move(run, 'COMPLETED');
    if (stored.scenario.startsWith('fails')) this.move(run, 'ERROR');
    return { id };
  }

  existing(runId: string): StoredRun {
    const stored = this.#storage.runs.get(runId);
    if (!stored) throw new NotFoundError(`No run ${runId}`);
    return stored;
  }

  move(stored: StoredRun, state: RunState): void {
    const ended = state === 'ERROR' || ENDED.includes(state);
    stored.revision += 1;
    stored.run = {
      ...stored.run,
      state,
      end: ended ? this.#time() : undefined,
      error:
        state === 'ERROR'
          ? { nodeDefinitionId: 'step', message: 'The step failed' }
          : undefined,
      nodes: stored.run.nodes.map(node => ({
        ...node,
        exit: ended ? this.#time() : undefined,
        errorMessage: state === 'ERROR' ? 'The step failed' : undefined,
      })),
    };
    this.#note(stored, 'state', { state, error: stored.run.error?.message });
    for (const node of stored.run.nodes) {
      this.#note(stored, 'node', { ...node });
    }
    this.#log(stored, state.toLowerCase());
    this.report({
      runId: stored.run.id,
      definitionId: stored.run.definitionId,
      version: stored.run.version,
      state,
      start: stored.run.start,
      end: stored.run.end,
      revision: stored.revision,
      provenance: stored.run.provenance,
      startedAs: stored.startedAs,
    });
  }

  lose(stored: StoredRun): void {
    stored.run = { ...stored.run, lost: 'The engine has lost it' };
  }

  /** Of several runs that were asked for with the same id, the oldest. */
  findStarted(
    starts: readonly Pick<StartRequest, 'runId' | 'definitionId'>[],
  ): Map<string, string> {
    const asked = new Map(starts.map(one => [one.runId, one.definitionId]));
    const found = new Map<string, string>();
    for (const [id, { startedAs, run }] of this.#storage.runs) {
      if (startedAs === undefined || found.has(startedAs)) continue;
      if (asked.get(startedAs) === run.definitionId) found.set(startedAs, id);
    }
    return found;
  }

  count(definitionIds: readonly string[]): Map<string, number> {
    const runs = [...this.#storage.runs.values()];
    return new Map(
      definitionIds.map(id => [
        id,
        runs.filter(({ run }) => run.definitionId === id).length,
      ]),
    );
  }

  standings(runIds: readonly string[]): Map<string, RunStanding> {
    const found = new Map<string, RunStanding>();
    for (const id of runIds) {
      const stored = this.#storage.runs.get(id);
      if (stored) found.set(id, stored.run.lost ? 'lost' : 'present');
    }
    return found;
  }

  report(change: RunChange): void {
    this.#storage.sequence += 1;
    this.#storage.outbox.set(this.#storage.sequence, change);
    this.#changed();
  }

  abort(runId: string): void {
    const stored = this.existing(runId);
    if (stored.run.lost) throw new NotFoundError(`No run ${runId}`);
    if (ENDED.includes(stored.run.state)) {
      throw new ConflictError(`Run ${runId} has ended`);
    }
    this.move(stored, 'ABORTED');
  }

  retrigger(runId: string): void {
    const stored = this.existing(runId);
    if (stored.run.state !== 'ERROR') {
      throw new ConflictError(`Run ${runId} is not in error`);
    }
    this.move(stored, 'ACTIVE');
    this.move(stored, stored.scenario === 'fails' ? 'ERROR' : 'COMPLETED');
  }

  signal(
    runId: string,
    event: { name: string; data: JsonValue; id?: string },
    consumes: StoredDefinition['consumes'],
  ): void {
    const stored = this.existing(runId);
    if (consumes && !consumes.some(({ name }) => name === event.name)) {
      throw new InputError(`The definition has no event ${event.name}`);
    }
    if (ENDED.includes(stored.run.state)) {
      throw new ConflictError(`Run ${runId} has ended`);
    }
    const key = eventKey({ id: event.id ?? randomUUID() });
    this.take(stored, key, event.name);
  }

  /** Gives a run an event, unless it has had it. */
  take(stored: StoredRun, key: string, name: string): void {
    if (stored.had.has(key)) return;
    stored.had.add(key);
    this.#log(stored, `event ${name}`);
    if (stored.scenario === 'waitsForEvent') this.move(stored, 'COMPLETED');
  }

  /** Deletes runs that have ended; what is not there is gone too. */
  delete(runIds: readonly string[]): string[] {
    return runIds.filter(id => {
      const stored = this.#storage.runs.get(id);
      if (stored && !ENDED.includes(stored.run.state)) return false;
      this.#storage.runs.delete(id);
      return true;
    });
  }

  /** A receipt is the number of the last change of its batch. */
  changes(since: string | undefined, limit: number): RunChanges {
    const acknowledged = Number(since ?? 0);
    for (const sequence of [...this.#storage.outbox.keys()]) {
      if (sequence <= acknowledged) this.#storage.outbox.delete(sequence);
    }
    const batch = [...this.#storage.outbox].slice(0, limit);
    return {
      changes: batch.map(([, change]) => change),
      next: String(batch.length ? batch[batch.length - 1][0] : acknowledged),
    };
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }

  #log(stored: StoredRun, log: string): void {
    const last = stored.log[stored.log.length - 1];
    const now = BigInt(this.#now()) * 1_000_000n;
    const next = last ? BigInt(last.id) + 1n : 0n;
    stored.log.push({ id: String(now > next ? now : next), log });
    const { id } = stored.log[stored.log.length - 1];
    this.#note(stored, 'log', { id, line: log });
  }

  #note(
    stored: StoredRun,
    kind: EngineRunEvent['kind'],
    detail: EngineRunEvent['detail'],
  ): void {
    const id = String(stored.history.length + 1);
    stored.history.push({ id, time: this.#time(), kind, detail });
  }
}
