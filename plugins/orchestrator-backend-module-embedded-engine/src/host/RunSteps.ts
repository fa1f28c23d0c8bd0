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
import type { Records } from '../interpreter/Run';
import type { Outcome, RunState } from '../interpreter/RunState';
import { broken, type RunEvent, step } from '../interpreter/step';
import { EvaluatorStoppedError } from '../jq/JqWorker';
import type { WorkflowDefinition } from '../language/Definition';
import { DefinitionFaultsError } from '../language/readDefinition';
import { describeError } from './describeError';
import type { Mailbox } from './Mailbox';
import type { Patience } from './Patience';
import type { RunHost } from './RunHost';

/** Tries of a step that fails for a reason of the engine's own. */
const MAX_TRIES = 3;
/** How often a run is taken on without getting any further: it may be what ends those who take it on. */
const MAX_ATTEMPTS = 3;
/** Messages that are taken before the run is stored. */
const MAX_MESSAGES = 100;

/** What the events of a run came to. */
export interface Drained {
  readonly state: RunState;
  readonly records: readonly Records[];
  readonly results: readonly { key: string; outcome: Outcome }[];
  /** How much is recorded of the run, with this. */
  readonly journal: number;
  /** Whether the inbox may hold more that it can take now. */
  readonly hasMore: boolean;
  /** Events to go on with once this is stored: much was recorded. */
  readonly left: readonly RunEvent[];
}

/** Takes the steps of one run, without storing anything. */
export class RunSteps {
  readonly #host: RunHost;
  readonly #id: string;
  readonly #hash: string;
  readonly #mailbox: Mailbox;
  readonly #patience: Patience;
  #attempts: number;
  #definition?: WorkflowDefinition;

  constructor(
    host: RunHost,
    run: {
      readonly id: string;
      readonly definitionHash: string;
      readonly attempts: number;
    },
    mailbox: Mailbox,
    patience: Patience,
  ) {
    this.#host = host;
    this.#id = run.id;
    this.#hash = run.definitionHash;
    this.#attempts = run.attempts;
    this.#mailbox = mailbox;
    this.#patience = patience;
  }

  /** The definition of the run, once a step was taken. */
  get definition(): WorkflowDefinition | undefined {
    return this.#definition;
  }

  /**
   * Takes a run through events, and then through what waits in its inbox, until so much is recorded that it is to be stored first;
   * undefined where the run is let go of meanwhile.
   */
  async drain(
    before: RunState,
    journal: number,
    events: readonly RunEvent[],
  ): Promise<Drained | undefined> {
    if (this.#attempts > MAX_ATTEMPTS) {
      return this.#failed(
        before,
        journal,
        `The run was taken on ${MAX_ATTEMPTS} times, and did not get any further before the process was gone`,
      );
    }
    for (let tries = 1; !this.#patience.isOver; tries += 1) {
      try {
        const definition = await this.#load();
        if (definition !== undefined) {
          await this.#fromInbox(() =>
            this.#mailbox.refresh(definition, before),
          );
        }
        const unsent = await this.#unsent(before);
        return definition === undefined || unsent === undefined
          ? undefined
          : await this.#steps(definition, before, journal, events, unsent);
      } catch (error) {
        this.#mailbox.restore();
        if (error instanceof EvaluatorStoppedError) {
          throw error;
        }
        if (error instanceof DefinitionFaultsError) {
          return this.#failed(
            before,
            journal,
            `The definition of the run cannot run any more: ${error.message}`,
          );
        }
        this.#host.logger.error(
          `A step of run ${this.#id} failed: ${describeError(error)}`,
        );
        if (tries >= MAX_TRIES) {
          return this.#failed(
            before,
            journal,
            'The engine could not take the run on',
          );
        }
        await this.#patience.pause(50 * 2 ** tries);
      }
    }
    return undefined;
  }

  async #steps(
    definition: WorkflowDefinition,
    before: RunState,
    journal: number,
    events: readonly RunEvent[],
    unsent: number,
  ): Promise<Drained | undefined> {
    const { context } = this.#host;
    let state = before;
    let recorded = 0;
    let produced = unsent;
    let goesOn = false;
    const records: Records[] = [];
    const results = new Map<string, Outcome>();
    const take = async (event: RunEvent) => {
      const result = await step(definition, state, event, {
        ...context,
        runId: this.#id,
        unsent: produced,
      });
      state = result.state;
      records.push(result.records);
      recorded += result.records.size;
      produced += result.records.produced.length;
      goesOn = result.goesOn ?? false;
      if (event.kind === 'result') {
        results.set(event.key, event.outcome);
      }
    };
    const isFull = () => goesOn || recorded >= context.limits.maxRecorded;
    let at = 0;
    for (; at < events.length && !isFull(); at += 1) {
      await take(events[at]);
    }
    let hasMore = false;
    for (let count = 0; ; count += 1) {
      hasMore = count >= MAX_MESSAGES || isFull();
      if (hasMore) {
        break;
      }
      const current = state;
      const next = await this.#fromInbox(async () => ({
        event: await this.#mailbox.next(definition, current),
      }));
      if (next === undefined) {
        return undefined;
      }
      if (next.event === undefined) {
        break;
      }
      await take(next.event);
    }
    return this.#within({
      state,
      records,
      results: [...results].map(([key, outcome]) => ({ key, outcome })),
      journal:
        journal +
        results.size +
        this.#mailbox.taken.length +
        records.reduce((sum, { history }) => sum + history.length, 0),
      hasMore,
      // What it was at comes before what came since.
      left: [
        ...(goesOn ? [{ kind: 'wake' as const }] : []),
        ...events.slice(at),
      ],
    });
  }

  /** What was drained; the run in error where more is recorded of it than may be. */
  #within(drained: Drained): Drained {
    const { maxJournal } = this.#host;
    if (drained.journal <= maxJournal || drained.state.status !== 'ACTIVE') {
      return drained;
    }
    const { records, state } = this.#broken(
      drained.state,
      `More than ${maxJournal} results and events are recorded of the run`,
    );
    return {
      ...drained,
      state,
      records: [...drained.records, records],
      hasMore: false,
      // The results of calls are kept for when it is retriggered.
      left: drained.left.filter(({ kind }) => kind === 'result'),
    };
  }

  /** The run in error, for a reason that is the engine's; its cause is in the log of the backend. */
  #failed(before: RunState, journal: number, message: string): Drained {
    const { records, state } = this.#broken(before, message);
    return {
      state,
      records: [records],
      results: [],
      journal,
      hasMore: false,
      left: [],
    };
  }

  #broken(state: RunState, message: string) {
    return broken(this.#definition, state, message, {
      ...this.#host.context,
      runId: this.#id,
    });
  }

  #fromInbox<T>(work: () => Promise<T>): Promise<T | undefined> {
    return this.#persist('its inbox cannot be read yet', work);
  }

  /** How many events of the run wait to be sent. */
  #unsent({ produced }: RunState): Promise<number | undefined> {
    return produced === undefined || produced === 0
      ? Promise.resolve(0)
      : this.#persist('its events cannot be counted yet', () =>
          this.#host.unsent(this.#id),
        );
  }

  async #load(): Promise<WorkflowDefinition | undefined> {
    this.#definition ??= await this.#persist(
      'its definition cannot be read yet',
      () => this.#host.definition(this.#hash),
    );
    return this.#definition;
  }

  /** An error of the database is none of the run's. */
  #persist<T>(trouble: string, work: () => Promise<T>): Promise<T | undefined> {
    return this.#patience.persist(work, isOfRun, error =>
      this.#host.logger.warn(
        `Run ${this.#id}: ${trouble}: ${describeError(error)}`,
      ),
    );
  }
}

/** Whether an error is not one of the database. */
export function isOfRun(error: unknown): boolean {
  return (
    error instanceof DefinitionFaultsError ||
    error instanceof EvaluatorStoppedError
  );
}
