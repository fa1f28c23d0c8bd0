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

import { ServiceUnavailableError } from '@backstage/errors';
import type { EngineCall } from '@flowgate/backstage-plugin-orchestrator-node';

/**
 * The operations of an engine that can be made to go wrong.
 *
 * @public
 */
export type FakeOperation =
  | 'listDefinitions'
  | 'getDefinitionSource'
  | 'check'
  | 'create'
  | 'replace'
  | 'delete'
  | 'start'
  | 'get'
  | 'getMany'
  | 'abort'
  | 'retrigger'
  | 'signal'
  | 'logs'
  | 'health'
  | 'changes'
  | 'findStarted'
  | 'countRuns'
  | 'standings'
  | 'match'
  | 'deliver'
  | 'readHistory'
  | 'heads'
  | 'deleteRuns';

/**
 * What goes wrong in a fake engine.
 *
 * @public
 */
export class FakeTroubles {
  /** How often each operation was called. */
  readonly calls = new Map<FakeOperation, number>();
  readonly #before = new Map<FakeOperation, Error[]>();
  readonly #after = new Map<FakeOperation, Error[]>();
  readonly #gates = new Map<FakeOperation, Promise<void>>();
  #down = false;

  /** While down, every operation fails and does nothing. */
  setDown(down: boolean): void {
    this.#down = down;
  }

  /** The next call of the operation fails and does nothing. */
  failNext(operation: FakeOperation, error: Error): void {
    this.#add(this.#before, operation, error);
  }

  /** The next call of the operation does its work, and then fails. */
  loseNextAnswer(
    operation: FakeOperation,
    error: Error = new ServiceUnavailableError('The answer was lost'),
  ): void {
    this.#add(this.#after, operation, error);
  }

  /**
   * Makes calls of the operation wait, before they do anything, until the returned function is called. A call that is ended
   * by its signal while it waits throws, and its work is done nevertheless once the others go on.
   */
  hold(operation: FakeOperation): () => void {
    let release = () => {};
    this.#gates.set(
      operation,
      new Promise(resolve => {
        release = resolve;
      }),
    );
    return () => {
      this.#gates.delete(operation);
      release();
    };
  }

  /** Does the work of an operation with whatever goes wrong around it. @internal */
  async around<T>(
    operation: FakeOperation,
    call: EngineCall,
    work: () => T,
  ): Promise<T> {
    this.calls.set(operation, (this.calls.get(operation) ?? 0) + 1);
    const doWork = () => {
      if (this.#down) throw new ServiceUnavailableError('The engine is down');
      const before = this.#before.get(operation)?.shift();
      if (before) throw before;
      const result = work();
      const after = this.#after.get(operation)?.shift();
      if (after) throw after;
      return result;
    };
    const gate = this.#gates.get(operation);
    if (!gate) return doWork();
    return new Promise<T>((resolve, reject) => {
      call.abortSignal?.addEventListener('abort', () =>
        reject(call.abortSignal?.reason),
      );
      gate.then(doWork).then(resolve, reject);
    });
  }

  #add(
    map: Map<FakeOperation, Error[]>,
    operation: FakeOperation,
    error: Error,
  ): void {
    map.set(operation, [...(map.get(operation) ?? []), error]);
  }
}
