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
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import type {
  DefinitionSource,
  EngineCall,
  EngineDefinitions,
  RegisteredDefinition,
} from '@flowgate/backstage-plugin-orchestrator-node';
import {
  type DefinitionFault,
  DefinitionFaultsError,
} from '../language/readDefinition';
import type { DefinitionStore } from '../store/DefinitionStore';
import { guarded } from '../store/database';
import type { DefinitionRegistry } from './DefinitionRegistry';

/** Faults as callers get them: an InputError with a list. */
class FaultyDefinitionError extends InputError {
  readonly faults: readonly DefinitionFault[];

  constructor(faults: readonly DefinitionFault[]) {
    super(new DefinitionFaultsError(faults).message);
    this.faults = faults;
  }
}

/** The definitions that come over HTTP. */
export class RegisteredDefinitions implements EngineDefinitions {
  readonly #registry: DefinitionRegistry;
  readonly #store: DefinitionStore;
  readonly #logger: LoggerService;

  constructor(
    registry: DefinitionRegistry,
    store: DefinitionStore,
    logger: LoggerService,
  ) {
    this.#registry = registry;
    this.#store = store;
    this.#logger = logger;
  }

  async check(
    definition: DefinitionSource,
    call: EngineCall,
  ): Promise<RegisteredDefinition> {
    call.abortSignal?.throwIfAborted();
    try {
      const compiled = await this.#registry.check(definition);
      return {
        id: compiled.definition.id,
        version: compiled.definition.version,
        workspace: compiled.definition.workspace ?? 'default',
        warnings: compiled.warnings,
      };
    } catch (error) {
      if (error instanceof DefinitionFaultsError) {
        throw new FaultyDefinitionError(error.faults);
      }
      throw error;
    }
  }

  async create(
    definition: DefinitionSource,
    call: EngineCall,
  ): Promise<RegisteredDefinition> {
    const registered = await this.check(definition, call);
    const created =
      !(await this.#registry.isFromFolder(registered.id)) &&
      (await this.#guarded(() =>
        this.#store.create(registered.id, definition),
      ));
    if (!created) {
      throw new ConflictError(`There is a workflow ${registered.id} already`);
    }
    this.#registry.changed(registered.id);
    return registered;
  }

  async replace(
    id: string,
    definition: DefinitionSource,
    call: EngineCall,
  ): Promise<RegisteredDefinition> {
    await this.#changeable(id);
    const registered = await this.check(definition, call);
    if (registered.id !== id) {
      throw new FaultyDefinitionError([
        {
          path: '/id',
          message: `must be ${id}, the id of the definition that it replaces`,
        },
      ]);
    }
    if (!(await this.#guarded(() => this.#store.replace(id, definition)))) {
      throw new NotFoundError(`There is no workflow ${id}`);
    }
    this.#registry.changed(id);
    return registered;
  }

  async delete(id: string, call: EngineCall): Promise<void> {
    call.abortSignal?.throwIfAborted();
    await this.#changeable(id);
    if (!(await this.#guarded(() => this.#store.delete(id)))) {
      throw new NotFoundError(`There is no workflow ${id}`);
    }
    this.#registry.changed(id);
  }

  #guarded<T>(work: () => Promise<T>): Promise<T> {
    return guarded(this.#logger, work);
  }

  async #changeable(id: string): Promise<void> {
    if (await this.#registry.isFromFolder(id)) {
      throw new ConflictError(
        `The workflow ${id} comes from a folder and can be changed only there`,
      );
    }
    if (
      (await this.#guarded(() => this.#store.registeredHash(id))) === undefined
    ) {
      throw new NotFoundError(`There is no workflow ${id}`);
    }
  }
}
