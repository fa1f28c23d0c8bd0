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
import { InputError } from '@backstage/errors';
import type {
  EngineCall,
  EngineEvent,
  EngineEvents,
  EventTargets,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { eventKey, type FakeRuns } from './FakeRuns';
import type {
  FakeEventDeclaration,
  FakeStorage,
  StoredRun,
} from './FakeStorage';
import type { FakeTroubles } from './FakeTroubles';

/** The most runs that one event reaches. */
const MAX_RUNS = 1_000;

function fits(
  event: EngineEvent,
  declared: Pick<FakeEventDeclaration, 'type' | 'source'>,
): boolean {
  const { type, source } = declared;
  return event.type === type && (source ?? event.source) === event.source;
}

/** The events of a fake engine. */
export class FakeEvents implements EngineEvents {
  readonly #storage: FakeStorage;
  readonly #troubles: FakeTroubles;
  readonly #runs: FakeRuns;

  constructor(storage: FakeStorage, troubles: FakeTroubles, runs: FakeRuns) {
    this.#storage = storage;
    this.#troubles = troubles;
    this.#runs = runs;
  }

  async match(event: EngineEvent, call: EngineCall): Promise<EventTargets> {
    return this.#troubles.around('match', call, () => {
      const runs = [...this.#storage.runs.values()]
        .filter(run => this.#declarationFor(event, run))
        .map(({ run: { id, definitionId } }) => ({ id, definitionId }));
      if (runs.length > MAX_RUNS) {
        throw new InputError('The event would reach too many runs');
      }
      const definitions = [...this.#storage.definitions.values()]
        .filter(({ startsOn }) => startsOn && fits(event, startsOn))
        .map(({ definition: { id, workspace } }) => ({ id, workspace }));
      return { definitions, runs };
    });
  }

  async deliver(
    event: EngineEvent,
    runIds: readonly string[],
    call: EngineCall,
  ): Promise<readonly string[]> {
    return this.#troubles.around('deliver', call, () =>
      runIds.filter(id => {
        const stored = this.#storage.runs.get(id);
        if (!stored || this.#hasEnded(stored)) return false;
        const declared = this.#declarationFor(event, stored);
        this.#runs.take(stored, eventKey(event), declared?.name ?? event.type);
        return true;
      }),
    );
  }

  runIdFor(event: EngineEvent, definitionId: string): string {
    const text = JSON.stringify([event.source, event.id, definitionId]);
    return createHash('sha256').update(text).digest('hex').slice(0, 32);
  }

  #hasEnded({ run: { state } }: StoredRun): boolean {
    return state === 'COMPLETED' || state === 'ABORTED';
  }

  /** What a run takes an event by; undefined where it does not. */
  #declarationFor(
    event: EngineEvent,
    stored: StoredRun,
  ): FakeEventDeclaration | undefined {
    if (this.#hasEnded(stored)) return undefined;
    const { id, definitionId } = stored.run;
    const { kogitoprocrefid, kogitobusinesskey } = event.extensions;
    const isNamed = kogitoprocrefid === id || kogitobusinesskey === id;
    return this.#storage.definitions
      .get(definitionId)
      ?.consumes?.find(
        declared =>
          fits(event, declared) &&
          (isNamed || this.#correlates(event, stored, declared)),
      );
  }

  #correlates(
    event: EngineEvent,
    { startedWith }: StoredRun,
    { correlation = [] }: FakeEventDeclaration,
  ): boolean {
    return (
      correlation.length > 0 &&
      correlation.every(
        name =>
          event.extensions[name] !== undefined &&
          event.extensions[name] === startedWith?.[name],
      )
    );
  }
}
