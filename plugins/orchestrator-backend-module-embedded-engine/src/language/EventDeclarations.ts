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
import { isKeepable } from './definitionHead';
import type {
  EventDeclaration,
  EventFilter,
  EventToProduce,
} from './Definition';
import { isObject } from './merge';
import { readTarget } from './resultTarget';

type Declared = Omit<EventDeclaration, 'kind'> & {
  readonly path: string;
  readonly kind?: EventDeclaration['kind'];
};

/** Names of attributes of CloudEvents are of these characters. */
const ATTRIBUTE = /^[a-z0-9]{1,64}$/;
/** They say what the event is, and are the engine's to set. */
const OWN_ATTRIBUTES = [
  'data',
  'datacontenttype',
  'dataschema',
  'id',
  'source',
  'specversion',
  'time',
  'type',
];

/** The events that a definition declares, and what its states do with them. */
export class EventDeclarations {
  readonly #compilation: Compilation;
  readonly #declared = new Map<string, Declared>();
  /** Names of those that were refused: one fault is enough. */
  readonly #refused = new Set<string>();
  readonly #awaited = new Set<string>();
  readonly #produced = new Set<string>();

  constructor(compilation: Compilation, value: JsonValue | undefined) {
    this.#compilation = compilation;
    compilation.list('/events', value).forEach((declared, i) => {
      const path = at('', 'events', i);
      const read = this.#read(path, declared);
      if (read === undefined) {
        this.#refused.add(String(declared.name));
      } else if (this.#declared.has(read.name)) {
        compilation.fault(path, `there is another event named ${read.name}`);
      } else {
        this.#declared.set(read.name, read);
      }
    });
  }

  /** An event that a state waits for, by its name. */
  awaited(path: string, name: JsonValue | undefined): string | undefined {
    return this.#named(path, name, this.#awaited);
  }

  /**
   * An event to send.
   *
   * @param path - where its name stands
   * @param holderPath - where `data` and `contextAttributes` stand
   */
  toProduce(
    path: string,
    holderPath: string,
    name: JsonValue | undefined,
    holder: JsonObject,
  ): EventToProduce | undefined {
    const event = this.#named(path, name, this.#produced);
    const data = this.#compilation.expression(
      at(holderPath, 'data'),
      holder.data,
    );
    const where = at(holderPath, 'contextAttributes');
    const given = this.#compilation.object(where, holder.contextAttributes);
    for (const attribute of Object.keys(given ?? {})) {
      if (!ATTRIBUTE.test(attribute) || OWN_ATTRIBUTES.includes(attribute)) {
        this.#compilation.fault(
          at(where, attribute),
          'must be named by lower-case letters and digits, and not as an attribute that the engine sets',
        );
      }
    }
    const attributes = given && this.#compilation.arguments(where, given, {});
    return event === undefined ? undefined : { event, data, attributes };
  }

  /** Reads an `eventDataFilter`. */
  filter(path: string, value: JsonValue | undefined): EventFilter {
    const filter = this.#compilation.object(path, value) ?? {};
    this.#compilation.keys(path, filter, ['useData', 'data', 'toStateData']);
    return {
      useData: filter.useData !== false,
      data: this.#compilation.expression(at(path, 'data'), filter.data),
      to: readTarget(
        this.#compilation,
        at(path, 'toStateData'),
        filter.toStateData,
      ),
    };
  }

  /** What was declared; what is awaited anywhere is consumed, whatever its `kind` says. */
  declarations(): Map<string, EventDeclaration> {
    const declarations = new Map<string, EventDeclaration>();
    for (const { path, kind, ...declared } of this.#declared.values()) {
      const { name } = declared;
      const awaited = this.#awaited.has(name);
      if (kind === 'produced' && awaited) {
        this.#compilation.warn(
          path,
          `event ${name} is declared as produced and is awaited; it is consumed too`,
        );
      }
      const used = this.#produced.has(name) ? 'produced' : 'consumed';
      declarations.set(name, {
        ...declared,
        kind: awaited ? 'consumed' : kind ?? used,
      });
    }
    return declarations;
  }

  #named(
    path: string,
    name: JsonValue | undefined,
    uses: Set<string>,
  ): string | undefined {
    const read = this.#compilation.text(path, name);
    if (read === undefined) {
      if (name === undefined) {
        this.#compilation.fault(path, 'must name an event');
      }
      return undefined;
    }
    if (!this.#declared.has(read)) {
      if (!this.#refused.has(read)) {
        this.#compilation.fault(
          path,
          `there is no event ${JSON.stringify(read).slice(0, 200)}`,
        );
      }
      return undefined;
    }
    uses.add(read);
    return read;
  }

  #read(path: string, declared: JsonObject): Declared | undefined {
    const compilation = this.#compilation;
    compilation.keys(path, declared, [
      'name',
      'type',
      'source',
      'kind',
      'correlation',
      'dataOnly',
      'metadata',
    ]);
    const { kind, name, source, type } = declared;
    if (!isKeepable(name) || !isKeepable(type)) {
      compilation.fault(
        path,
        'must have a name and a type, texts of 255 characters at most',
      );
      return undefined;
    }
    if (kind !== undefined && kind !== 'consumed' && kind !== 'produced') {
      compilation.fault(at(path, 'kind'), 'must be consumed or produced');
      return undefined;
    }
    if (declared.dataOnly === false) {
      compilation.fault(
        at(path, 'dataOnly'),
        'dataOnly: false is not supported by the embedded engine',
      );
    }
    if (source !== undefined && source !== null && typeof source !== 'string') {
      compilation.fault(at(path, 'source'), 'must be a text');
    }
    return {
      path,
      name,
      type,
      source: typeof source === 'string' && source !== '' ? source : undefined,
      kind: kind as EventDeclaration['kind'] | undefined,
      correlation: this.#correlation(
        at(path, 'correlation'),
        declared.correlation,
      ),
    };
  }

  #correlation(
    path: string,
    value: JsonValue | undefined,
  ): EventDeclaration['correlation'] {
    const compilation = this.#compilation;
    // One rule may stand alone, without a list.
    const list = isObject(value) ? [value] : value;
    const seen = new Set<string>();
    return compilation.list(path, list).flatMap((declared, i) => {
      const where = at(path, i);
      compilation.keys(where, declared, [
        'contextAttributeName',
        'contextAttributeValue',
      ]);
      const written = declared.contextAttributeName;
      const attribute =
        typeof written === 'string' ? written.toLowerCase() : '';
      if (!ATTRIBUTE.test(attribute) || seen.has(attribute)) {
        compilation.fault(
          at(where, 'contextAttributeName'),
          'must be the name of an attribute of the event, of lower-case letters and digits, and be named once',
        );
        return [];
      }
      if (attribute !== written) {
        compilation.warn(
          at(where, 'contextAttributeName'),
          `is read as ${attribute}: names of attributes of CloudEvents have no upper-case letters`,
        );
      }
      seen.add(attribute);
      const given = declared.contextAttributeValue;
      const text = typeof given === 'number' ? String(given) : given;
      return [
        {
          attribute,
          value: compilation.text(at(where, 'contextAttributeValue'), text),
        },
      ];
    });
  }
}
