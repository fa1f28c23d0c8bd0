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
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import { openCalls, type RunState, type Wait } from '../interpreter/RunState';
import type { RunEvent } from '../interpreter/step';
import { fits, waits } from '../interpreter/waits';
import type { WorkflowDefinition } from '../language/Definition';
import type { InboxReader, WaitingMessage } from '../store/InboxReader';
import type { ChildEnd } from '../store/Message';

const eventOf = (content: JsonObject) => content as unknown as EngineEvent;
const childOf = (content: JsonObject) => content as unknown as ChildEnd;

/** The inbox of one run while it is taken on. What it gives out counts as taken once the run is stored. */
export class Mailbox {
  readonly #reader: InboxReader;
  readonly #runId: string;
  readonly #taken = new Set<number>();
  #held: readonly WaitingMessage[] = [];
  #seen: number;
  #isStale: boolean;
  /** Whether the events that wait were read as well: they are not before one is waited for. */
  #hasEvents: boolean;

  /** @param mail - the number of the run's mail, and how far its inbox was read */
  constructor(
    reader: InboxReader,
    { id, mail, mailSeen }: { id: string; mail: number; mailSeen: number },
  ) {
    this.#reader = reader;
    this.#runId = id;
    this.#seen = mailSeen;
    // What was read before and did not fit then is there still.
    this.#isStale = mail > 0;
    this.#hasEvents = mail === 0;
  }

  /** How far the inbox was read. */
  get seen(): number {
    return this.#seen;
  }

  /** Whether there is something that was not looked at. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** Something has come. */
  arrived(): void {
    this.#isStale = true;
  }

  /** The messages that were given out since the last `settle` or `restore`. */
  get taken(): readonly number[] {
    return [...this.#taken];
  }

  /** What was given out is stored as taken. */
  settle(): void {
    this.#held = this.#held.filter(({ seq }) => !this.#taken.has(seq));
    this.#taken.clear();
  }

  /** What was given out is to be given out again. */
  restore(): void {
    this.#taken.clear();
  }

  /** Reads what has come, as far as a run can do something with it. */
  async refresh(
    definition: WorkflowDefinition,
    state: RunState,
  ): Promise<void> {
    if (this.#isStale) {
      await this.#read(waits(definition, state).length > 0);
    }
  }

  async #read(withEvents: boolean): Promise<void> {
    this.#isStale = false;
    try {
      const { mail, waiting } = await this.#reader.read(
        this.#runId,
        withEvents,
      );
      this.#held = waiting;
      this.#hasEvents = withEvents;
      this.#seen = mail;
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }

  /** The first message that a run can do something with now, as what happens to it; those that are of no use any more are taken. */
  async next(
    definition: WorkflowDefinition,
    state: RunState,
  ): Promise<RunEvent | undefined> {
    const awaited = waits(definition, state);
    if (awaited.length > 0 && !this.#hasEvents) {
      await this.#read(true);
    }
    for (const message of this.#held) {
      if (this.#taken.has(message.seq)) {
        continue;
      }
      const use = this.#use(definition, state, awaited, message);
      if (use !== 'keep') {
        const event = use === 'take' ? await this.#toEvent(message) : undefined;
        this.#taken.add(message.seq);
        if (event !== undefined) {
          return event;
        }
      }
    }
    return undefined;
  }

  #use(
    definition: WorkflowDefinition,
    state: RunState,
    awaited: readonly Wait[],
    { content, eventName, kind }: WaitingMessage,
  ): 'take' | 'keep' | 'drop' {
    if (kind === 'event') {
      return awaited.some(wait =>
        fits(definition, wait.event, eventOf(content), eventName),
      )
        ? 'take'
        : 'keep';
    }
    const { key, outcome } = childOf(content);
    // A sub-flow that has failed once more changes nothing for a parent that is in error because of it.
    const isNews = state.error?.child !== key || 'value' in outcome;
    return isNews && openCalls(state).includes(key) ? 'take' : 'drop';
  }

  async #toEvent({
    content,
    eventName,
    isWhole,
    kind,
    seq,
  }: WaitingMessage): Promise<RunEvent | undefined> {
    const whole = isWhole ? content : await this.#reader.body(seq);
    if (whole === undefined) {
      return undefined;
    }
    if (kind === 'child') {
      return { kind: 'result', ...childOf(whole) };
    }
    return { kind: 'event', event: eventOf(whole), name: eventName };
  }
}
