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

import type { JsonObject, JsonValue } from '@backstage/types';
import { at, type Compilation } from './Compilation';
import type { EventToProduce, Next } from './Definition';
import type { EventDeclarations } from './EventDeclarations';
import { isObject } from './merge';

/** An end that asks for nothing more. */
export const PLAIN_END: Next = {
  kind: 'end',
  produce: [],
  compensate: false,
  terminate: false,
};

/** Reads `transition` and `end` of states and conditions. */
export class NextReader {
  readonly #compilation: Compilation;
  readonly #events: EventDeclarations;

  constructor(compilation: Compilation, events: EventDeclarations) {
    this.#compilation = compilation;
    this.#events = events;
  }

  /** Reads `transition` or `end`, one of which must be there. */
  read(path: string, holder: JsonObject): Next | undefined {
    if (holder.transition !== undefined && holder.transition !== null) {
      return this.#transition(at(path, 'transition'), holder.transition);
    }
    if (isObject(holder.end)) {
      return this.#end(at(path, 'end'), holder.end);
    }
    if (holder.end === true) {
      return PLAIN_END;
    }
    this.#compilation.fault(path, 'has neither a transition nor an end');
    return undefined;
  }

  /** Reads what a compensating state goes to, if anything: the compensation goes on where it ends. */
  readCompensating(path: string, holder: JsonObject): Next | undefined {
    const goes =
      (holder.transition !== undefined && holder.transition !== null) ||
      isObject(holder.end);
    return goes ? this.read(path, holder) : PLAIN_END;
  }

  #transition(path: string, value: JsonValue): Next | undefined {
    const transition = typeof value === 'string' ? { nextState: value } : value;
    if (!isObject(transition)) {
      this.#compilation.fault(path, 'must be the name of a state or an object');
      return undefined;
    }
    this.#compilation.keys(path, transition, [
      'nextState',
      'produceEvents',
      'compensate',
    ]);
    const to = this.#compilation.text(
      at(path, 'nextState'),
      transition.nextState,
    );
    if (transition.nextState === undefined) {
      this.#compilation.fault(path, 'must have a nextState');
    }
    const more = this.#more(path, transition);
    return to === undefined ? undefined : { kind: 'transition', to, ...more };
  }

  #end(path: string, end: JsonObject): Next {
    this.#compilation.keys(
      path,
      end,
      ['terminate', 'produceEvents', 'compensate'],
      { continueAs: 'continueAs' },
    );
    return {
      kind: 'end',
      terminate: this.#compilation.flag(at(path, 'terminate'), end.terminate),
      ...this.#more(path, end),
    };
  }

  #more(
    path: string,
    holder: JsonObject,
  ): Pick<Next, 'produce' | 'compensate'> {
    const where = at(path, 'produceEvents');
    return {
      compensate: this.#compilation.flag(
        at(path, 'compensate'),
        holder.compensate,
      ),
      produce: this.#compilation
        .list(where, holder.produceEvents)
        .flatMap((declared, i): EventToProduce | [] => {
          const entry = at(where, i);
          this.#compilation.keys(entry, declared, [
            'eventRef',
            'data',
            'contextAttributes',
          ]);
          return (
            this.#events.toProduce(
              at(entry, 'eventRef'),
              entry,
              declared.eventRef,
              declared,
            ) ?? []
          );
        }),
    };
  }
}
