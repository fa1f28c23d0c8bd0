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

import type { JsonObject } from '@backstage/types';
import { createInputValidator } from '@flowgate/backstage-plugin-orchestrator-node';
import type { RuntimeClient } from '../runtime/RuntimeClient';
import type { ServiceAddress } from '../runtime/ServiceAddress';
import { inParallel } from './inParallel';

/** A workflow as its runtime had it when it was asked last. */
export interface LiveProcess {
  readonly version?: string;
  readonly name?: string;
  readonly inputSchema?: JsonObject;
  /** False where only the runtime itself can check inputs: the schema is one that we cannot use. */
  readonly isCheckable: boolean;
}

/** How a runtime stands to a workflow. */
export type RuntimeStanding = 'unknown' | 'silent' | 'absent' | 'present';

/** A workflow that a runtime may have. */
export interface Sought {
  readonly service: ServiceAddress;
  readonly definitionId: string;
  /** Changes where the workflow may have changed, so that it is looked at again. */
  readonly mark: string;
}

interface Service {
  /** Absent where the runtime did not answer. */
  readonly ids?: ReadonlySet<string>;
  readonly at: number;
}

interface Seen {
  readonly process: LiveProcess;
  readonly mark: string;
  readonly at: number;
}

/** A runtime that answered is not asked again within this time; milliseconds. */
const FRESH = 2_000;

/** A workflow that was looked at is not looked at again within this time; milliseconds. */
const PROCESS_FRESH = 60_000;

/** Looks at one time. */
const LOOKS = 50;

function keyOf({ service, definitionId }: Omit<Sought, 'mark'>): string {
  return `${service.key} ${definitionId}`;
}

function isCheckable(schema: JsonObject | undefined): boolean {
  if (!schema) return true;
  try {
    createInputValidator(schema);
    return true;
  } catch {
    return false;
  }
}

/** What the workflow runtimes said when they were asked last: whether they are there, and which workflows they have. */
export class Runtimes {
  readonly #client: RuntimeClient;
  readonly #timeout: number;
  readonly #now: () => number;
  readonly #services = new Map<string, Service>();
  readonly #seen = new Map<string, Seen>();

  /** @param options - `timeout`: of one question, for which all workflows wait; milliseconds */
  constructor(options: {
    readonly client: RuntimeClient;
    readonly timeout: number;
    readonly now: () => number;
  }) {
    this.#client = options.client;
    this.#timeout = options.timeout;
    this.#now = options.now;
  }

  /** Asks all runtimes of some workflows, once each, and then for what is new or has not been looked at for a while. Never throws. */
  async look(sought: readonly Sought[]): Promise<void> {
    const services = new Map(sought.map(one => [one.service.key, one.service]));
    await inParallel([...services.values()], LOOKS, one => this.#ask(one));
    const wanted = new Map(sought.map(one => [keyOf(one), one]));
    const present = [...wanted.values()].filter(
      one => this.standing(one) === 'present',
    );
    await inParallel(present, LOOKS, one => this.#askFor(one));
    for (const key of this.#services.keys()) {
      if (!services.has(key)) this.#services.delete(key);
    }
    for (const key of this.#seen.keys()) {
      if (!wanted.has(key)) this.#seen.delete(key);
    }
  }

  /** How a runtime stood to a workflow when it was asked last; `unknown` where it never was. */
  standing({ service, definitionId }: Omit<Sought, 'mark'>): RuntimeStanding {
    const known = this.#services.get(service.key);
    if (!known) return 'unknown';
    if (!known.ids) return 'silent';
    return known.ids.has(definitionId) ? 'present' : 'absent';
  }

  /** A workflow as its runtime had it last, also where it does not answer now. */
  process(sought: Omit<Sought, 'mark'>): LiveProcess | undefined {
    return this.#seen.get(keyOf(sought))?.process;
  }

  async #ask(service: ServiceAddress): Promise<void> {
    const known = this.#services.get(service.key);
    const at = this.#now();
    if (known?.ids && at - known.at < FRESH) return;
    let ids: ReadonlySet<string> | undefined;
    try {
      ids = await this.#client.processIds(service, {
        timeoutMs: this.#timeout,
      });
    } catch {
      // That it does not answer is what there is to know; the health of the engine is not that of one runtime.
    }
    this.#services.set(service.key, { ids, at });
  }

  async #askFor(sought: Sought): Promise<void> {
    const key = keyOf(sought);
    const seen = this.#seen.get(key);
    const at = this.#now();
    const isFresh = seen && at - seen.at < PROCESS_FRESH;
    if (isFresh && seen.mark === sought.mark) return;
    try {
      const process = await this.#client.process(
        sought.service,
        sought.definitionId,
        { timeoutMs: this.#timeout },
      );
      if (!process) return;
      const isSame =
        seen &&
        JSON.stringify(seen.process.inputSchema) ===
          JSON.stringify(process.inputSchema);
      this.#seen.set(key, {
        // The same object, so that what is derived from it is derived once.
        process: isSame
          ? { ...process, ...pickSchema(seen.process) }
          : { ...process, isCheckable: isCheckable(process.inputSchema) },
        mark: sought.mark,
        at,
      });
    } catch {
      // What was known stays.
    }
  }
}

function pickSchema({ inputSchema, isCheckable: checkable }: LiveProcess) {
  return { inputSchema, isCheckable: checkable };
}
