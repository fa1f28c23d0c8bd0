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
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import type { DefinitionRegistry } from '../engine/DefinitionRegistry';
import type { RegistryEntry } from '../engine/RegistryEntry';
import type { Clock } from '../host/clock';
import type { EventDeclaration } from '../language/Definition';
import { isMeant, startingEvents } from './declarations';

/** How long another process's change of a definition may go unseen; milliseconds. */
const FRESH_MS = 1_000;
/** The same where nothing was found: a definition may be new. */
const RETRY_MS = 100;

interface Starter {
  readonly entry: RegistryEntry;
  readonly declaration: EventDeclaration;
}

interface Reading {
  readonly at: number;
  readonly generation: number;
  readonly byType: Promise<ReadonlyMap<string, readonly Starter[]>>;
}

/** Where the definitions are. */
type Definitions = Pick<DefinitionRegistry, 'generation' | 'list'>;

async function read(
  registry: Definitions,
): Promise<ReadonlyMap<string, readonly Starter[]>> {
  const byType = new Map<string, Starter[]>();
  for (const entry of await registry.list()) {
    const definition = entry.compiled?.definition;
    for (const declaration of definition ? startingEvents(definition) : []) {
      const starters = byType.get(declaration.type) ?? [];
      starters.push({ entry, declaration });
      byType.set(declaration.type, starters);
    }
  }
  return byType;
}

/** Which definitions start by which type of event. The definitions are looked through once for all events of a moment. */
export class StartIndex {
  readonly #registry: Definitions;
  readonly #clock: Clock;
  #reading?: Reading;

  constructor(registry: Definitions, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
  }

  /** The definitions of which an event starts a run. */
  async startedBy(event: EngineEvent): Promise<RegistryEntry[]> {
    let starters = (await this.#current(FRESH_MS)).get(event.type);
    if (starters === undefined) {
      starters = (await this.#current(RETRY_MS)).get(event.type) ?? [];
    }
    return [
      ...new Set(
        starters
          .filter(({ declaration }) => isMeant(declaration, event))
          .map(({ entry }) => entry),
      ),
    ];
  }

  #current(maxAge: number): Promise<ReadonlyMap<string, readonly Starter[]>> {
    const { generation } = this.#registry;
    const now = this.#clock.now();
    const known = this.#reading;
    if (
      known !== undefined &&
      known.generation === generation &&
      now >= known.at &&
      now - known.at < maxAge
    ) {
      return known.byType;
    }
    const reading = { at: now, generation, byType: read(this.#registry) };
    this.#reading = reading;
    reading.byType.catch(() => {
      if (this.#reading === reading) {
        this.#reading = undefined;
      }
    });
    return reading.byType;
  }
}
