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

import type { Operation } from './operations';

/** What a path of the plugin stands for. */
export interface PathMatch {
  readonly operations: ReadonlyMap<string, Operation>;
  /** The path parameters, decoded once; those that could not be decoded are left as they came. */
  readonly parameters: Readonly<Record<string, string>>;
}

interface Node {
  readonly literals: Map<string, Node>;
  parameter?: { readonly node: Node };
  operations?: Map<string, Operation>;
  names?: readonly string[];
}

const isParameter = (segment: string) => segment.startsWith('{');

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Finds operations by path. A fixed segment wins over an id; a path that leads nowhere behind it falls back to the id. */
export class OperationTable {
  readonly #root: Node = { literals: new Map() };
  readonly #byId = new Map<string, Operation>();

  constructor(operations: readonly Operation[]) {
    for (const operation of operations) {
      this.#add(operation);
      this.#byId.set(operation.id, operation);
    }
  }

  #add(operation: Operation) {
    const segments = operation.path.split('/').slice(1);
    let node = this.#root;
    for (const segment of segments) {
      if (isParameter(segment)) {
        node.parameter ??= { node: { literals: new Map() } };
        node = node.parameter.node;
      } else {
        let next = node.literals.get(segment);
        if (!next) {
          next = { literals: new Map() };
          node.literals.set(segment, next);
        }
        node = next;
      }
    }
    node.names = segments
      .filter(isParameter)
      .map(segment => segment.slice(1, -1));
    node.operations ??= new Map();
    node.operations.set(operation.method, operation);
  }

  /**
   * The operation with an id, for ways in that name no path.
   *
   * @throws Error where the document has none, which is a fault of the code
   */
  get(id: string): Operation {
    const operation = this.#byId.get(id);
    if (!operation) {
      throw new Error(`There is no operation with the id "${id}"`);
    }
    return operation;
  }

  /** What a path stands for, or undefined where no operation has it. */
  find(path: string): PathMatch | undefined {
    return this.#find(this.#root, path.split('/'), 1, []);
  }

  #find(
    node: Node,
    segments: readonly string[],
    at: number,
    values: readonly string[],
  ): PathMatch | undefined {
    if (at === segments.length) {
      return (
        node.operations && {
          operations: node.operations,
          parameters: Object.fromEntries(
            node.names!.map((name, index) => [name, decode(values[index])]),
          ),
        }
      );
    }
    const segment = segments[at];
    const literal = node.literals.get(segment);
    const found = literal && this.#find(literal, segments, at + 1, values);
    if (found || !node.parameter || segment === '') {
      return found;
    }
    return this.#find(node.parameter.node, segments, at + 1, [
      ...values,
      segment,
    ]);
  }
}
