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
import { setImmediate as othersFirst } from 'node:timers/promises';
import type { Clock } from '../host/clock';
import { describeError } from '../host/describeError';
import type {
  ProducedEvent,
  ProducedPlace,
  ProducedStore,
  Producer,
  Stage,
} from '../store/ProducedStore';
import type { WorkLeases } from '../store/WorkLeases';
import { backOff } from './backOff';
import type { EventSink } from './EventSink';
import type { InsideDelivery } from './InsideDelivery';
import { inPlaces } from './inPlaces';
import { LeasedLoop, type LeasedWork } from './LeasedLoop';
import { RareWarnings } from './RareWarnings';

/** Runs whose events are sent out at one time. */
const MAX_SENDING = 8;
/** The same inside of the engine, where the database is what is waited for. */
const MAX_DELIVERING = 4;

/** Events of a run that are read at one time. */
const SLICE = 10;

/** What a dispatcher is made of. */
export interface EventDispatcherParts {
  readonly store: ProducedStore;
  readonly leases: WorkLeases;
  readonly inside: Pick<InsideDelivery, 'deliver'>;
  /** The workspace of a definition by its hash; undefined where it is not known any more. */
  readonly workspaceOf: (hash: string) => Promise<string | undefined>;
  /** Absent where events stay inside of the engine. */
  readonly sink?: EventSink;
  readonly clock: Clock;
  readonly logger: LoggerService;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Milliseconds after which a silent process is taken for gone. */
  readonly leaseMs?: number;
  /** Milliseconds between looks for events. */
  readonly pollMs?: number;
}

/**
 * Sends the events that runs have produced: first to workflows of the engine, then to the sink. Each is sent at least once, and those
 * of a run in their order; one process does each of the two at a time. One that cannot be sent makes only those of its run wait.
 */
export class EventDispatcher {
  readonly #parts: EventDispatcherParts;
  readonly #warnings: RareWarnings;
  readonly #loops: {
    readonly inside: LeasedLoop;
    readonly outside?: LeasedLoop;
  };

  constructor(parts: EventDispatcherParts) {
    const { clock, leaseMs, leases, logger, pollMs, sink } = parts;
    this.#parts = parts;
    this.#warnings = new RareWarnings(logger, clock);
    const loop = (task: LeasedWork) =>
      new LeasedLoop(task, {
        leases,
        clock,
        warnings: this.#warnings,
        leaseMs,
        pollMs,
      });
    this.#loops = {
      inside: loop(
        this.#work('inside', MAX_DELIVERING, (events, holds) =>
          this.#deliver(events, holds),
        ),
      ),
      outside:
        sink &&
        loop(
          this.#work('outside', MAX_SENDING, (events, holds, signal) =>
            this.#sendAll(sink, events, holds, signal),
          ),
        ),
    };
  }

  /** Sends events from now on. */
  begin(): void {
    this.#loops.inside.begin();
    if (this.#loops.outside === undefined) {
      this.#forgetOutside();
    } else {
      this.#loops.outside.begin();
    }
  }

  /** What was to go to a sink that is not configured any more goes nowhere, and must not keep its runs from being deleted. */
  async #forgetOutside(): Promise<void> {
    try {
      const count = await this.#parts.store.forgetOutside();
      if (count > 0) {
        this.#parts.logger.warn(
          `${count} events of runs are not sent: no sink is configured any more`,
        );
      }
    } catch (error) {
      this.#parts.logger.warn(
        `Events for a sink that is gone could not be deleted: ${describeError(
          error,
        )}`,
      );
    }
  }

  /** A run has produced events. A hint only: they are found without it too, a little later. */
  wake(): void {
    this.#loops.inside.wake();
  }

  /** Ends what is under way; what is not sent stays. */
  async stop(): Promise<void> {
    await Promise.all([this.#loops.inside.stop(), this.#loops.outside?.stop()]);
  }

  /** The events of a stage as work: run by run, until one of a run fails. */
  #work(
    stage: Stage,
    places: number,
    handle: (
      events: readonly ProducedPlace[],
      holds: () => boolean,
      signal: AbortSignal,
    ) => Promise<boolean>,
  ): LeasedWork {
    const { clock, store } = this.#parts;
    return {
      name: `events-${stage}`,
      isPending: () => store.isDue(stage, clock.now()),
      work: async (holds, signal) => {
        let isFurther = false;
        await inPlaces(
          await store.due(stage, clock.now()),
          places,
          async events => {
            const isDone = await handle(events, holds, signal);
            isFurther = isFurther || isDone;
          },
        );
        return isFurther;
      },
    };
  }

  /** Gives events of a run to workflows of the engine, until one has to be done again; true where one was done. */
  async #deliver(
    events: readonly ProducedPlace[],
    holds: () => boolean,
  ): Promise<boolean> {
    const { sink, store } = this.#parts;
    const done: number[] = [];
    let failed: ProducedPlace | undefined;
    for (let i = 0; i < events.length && !failed; i += SLICE) {
      const slice = events.slice(i, i + SLICE);
      failed = await this.#deliverSlice(slice, holds, done);
      // SQLite answers at once: without a pause, nothing else in this process would get on.
      await othersFirst();
    }
    if (done.length > 0 && sink === undefined) {
      await store.done(done);
    } else if (done.length > 0) {
      await store.deliveredInside(done);
      this.#loops.outside?.wake();
    }
    if (failed !== undefined && holds()) {
      await this.#later('inside', failed);
    }
    return done.length > 0;
  }

  /** @returns the event that was not given to workflows, if there is one; those after it were not either */
  async #deliverSlice(
    events: readonly ProducedPlace[],
    holds: () => boolean,
    done: number[],
  ): Promise<ProducedPlace | undefined> {
    const { inside, store } = this.#parts;
    const [{ runId }] = events;
    let place = events[0];
    try {
      const producer = await store.producer(runId);
      const produced = await store.events(events.map(({ seq }) => seq));
      for (place of events) {
        if (!holds()) {
          return place;
        }
        const event = produced.get(place.seq);
        const workspace =
          event && producer && (await this.#workspace(event, producer));
        if (workspace !== undefined) {
          await inside.deliver({ ...event!, workspace }, producer!);
        }
        done.push(place.seq);
      }
      return undefined;
    } catch (error) {
      this.#warnings.warn(
        'delivery',
        `An event of run ${runId} cannot be given to workflows yet: ${describeError(
          error,
        )}`,
      );
      return place;
    }
  }

  async #workspace(
    { workspace }: ProducedEvent,
    { definitionHash }: Producer,
  ): Promise<string | undefined> {
    return workspace ?? this.#parts.workspaceOf(definitionHash);
  }

  /** Sends events of a run out, until one is not taken; true where one was. */
  async #sendAll(
    sink: EventSink,
    events: readonly ProducedPlace[],
    holds: () => boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    let isFurther = false;
    for (const place of events) {
      if (!holds() || !(await this.#send(sink, place, signal))) {
        break;
      }
      isFurther = true;
    }
    return isFurther;
  }

  /** Sends an event out; false where it has to be done again. */
  async #send(
    sink: EventSink,
    place: ProducedPlace,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { store } = this.#parts;
    const produced = (await store.events([place.seq])).get(place.seq);
    if (produced === undefined) {
      return true;
    }
    const sending = await sink.send(produced.event, signal);
    if (sending.taken) {
      await store.done([place.seq]);
      return true;
    }
    if (!signal.aborted) {
      this.#warnings.warn(
        'sink',
        `The sink of events does not take an event of run ${place.runId}: ${sending.reason}; it is sent again until it does`,
      );
      await this.#later('outside', place);
    }
    return false;
  }

  #later(stage: Stage, place: ProducedPlace): Promise<void> {
    const { clock, random, store } = this.#parts;
    return store.failed(
      stage,
      place,
      clock.now() + backOff(place.attempts, random()),
    );
  }
}
