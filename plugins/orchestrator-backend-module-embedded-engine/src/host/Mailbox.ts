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
import { openCalls, type RunState } from '../interpreter/RunState';
import type { RunEvent } from '../interpreter/step';
import { fittingWait } from '../interpreter/waits';
import type { WorkflowDefinition } from '../language/Definition';
import type { InboxReader, WaitingMessage } from '../store/InboxReader';
import type { ChildEnd } from '../store/Message';

/** Characters of the data of an event that are kept in memory while it waits. */
const MAX_KEPT = 1_024;

interface Held extends Pick<WaitingMessage, 'seq' | 'kind' | 'eventName'> {
  /** Without its data where they are long. */
  event?: EngineEvent;
  child?: ChildEnd;
  isCut: boolean;
}

/** The inbox of one run while it is taken on. What it gives out counts as taken once the run is stored. */
export class Mailbox {
  readonly #reader: InboxReader;
  readonly #runId: string;
  readonly #taken = new Set<number>();
  #held: Held[] = [];
  #seen: number;
  #isStale: boolean;

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

  /** Reads what has come. */
  async refresh(): Promise<void> {
    if (!this.#isStale) {
      return;
    }
    this.#isStale = false;
    try {
      const { mail, waiting } = await this.#reader.read(this.#runId);
      const known = new Map(this.#held.map(held => [held.seq, held]));
      const held: Held[] = [];
      for (const message of waiting) {
        const found = known.get(message.seq) ?? (await this.#open(message));
        if (found !== undefined) {
          held.push(found);
        }
      }
      this.#held = held;
      this.#seen = mail;
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }

  async #open({
    body,
    eventName,
    kind,
    seq,
  }: WaitingMessage): Promise<Held | undefined> {
    const content =
      body === undefined ? await this.#reader.body(seq) : JSON.parse(body);
    if (content === undefined) {
      return undefined;
    }
    const base = { seq, kind, eventName };
    if (kind === 'child') {
      const child = content as unknown as ChildEnd;
      const isCut = body === undefined && 'value' in child.outcome;
      return {
        ...base,
        isCut,
        child: isCut ? { key: child.key, outcome: { value: null } } : child,
      };
    }
    const { data, ...event } = content as unknown as EngineEvent;
    const isCut =
      body === undefined && (JSON.stringify(data) ?? '').length > MAX_KEPT;
    return { ...base, isCut, event: isCut ? event : { ...event, data } };
  }

  /** The first message that a run can do something with now, as what happens to it; those that are of no use any more are taken. */
  async next(
    definition: WorkflowDefinition,
    state: RunState,
  ): Promise<RunEvent | undefined> {
    for (const held of this.#held) {
      if (this.#taken.has(held.seq)) {
        continue;
      }
      const use = this.#use(definition, state, held);
      if (use !== 'keep') {
        this.#taken.add(held.seq);
        const event = use === 'take' ? await this.#toEvent(held) : undefined;
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
    { child, event, eventName }: Held,
  ): 'take' | 'keep' | 'drop' {
    if (event !== undefined) {
      return state.status === 'ACTIVE' &&
        fittingWait(definition, state, event, eventName)
        ? 'take'
        : 'keep';
    }
    const { key, outcome } = child!;
    // A sub-flow that has failed once more changes nothing for a parent that is in error because of it.
    const isNews = state.error?.child !== key || 'value' in outcome;
    return isNews && openCalls(state).includes(key) ? 'take' : 'drop';
  }

  async #toEvent(held: Held): Promise<RunEvent | undefined> {
    const whole = held.isCut
      ? await this.#reader.body(held.seq)
      : held.event ?? held.child;
    if (whole === undefined) {
      return undefined;
    }
    if (held.kind === 'child') {
      const { key, outcome } = whole as unknown as ChildEnd;
      return { kind: 'result', key, outcome };
    }
    return {
      kind: 'event',
      event: whole as unknown as EngineEvent,
      name: held.eventName,
    };
  }
}
