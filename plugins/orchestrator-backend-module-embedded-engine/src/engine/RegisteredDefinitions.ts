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
import type { CompiledDefinition } from '../language/compileDefinition';
import { DEFAULT_WORKSPACE } from '../language/definitionHead';
import {
  type DefinitionFault,
  DefinitionFaultsError,
} from '../language/readDefinition';
import type { DefinitionStore, KeptDefinition } from '../store/DefinitionStore';
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

/** What comes over HTTP belongs to no folder. */
function kept(
  { format, source }: DefinitionSource,
  resources?: KeptDefinition['resources'],
): KeptDefinition {
  return { format, source, defaultWorkspace: DEFAULT_WORKSPACE, resources };
}

function toRegistered({
  definition: { id, version, workspace },
  warnings,
}: CompiledDefinition): RegisteredDefinition {
  return { id, version, workspace, warnings };
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
    return toRegistered(await this.#compile(definition));
  }

  async create(
    definition: DefinitionSource,
    call: EngineCall,
  ): Promise<RegisteredDefinition> {
    call.abortSignal?.throwIfAborted();
    const compiled = await this.#compile(definition);
    const { id, name, version, workspace } = compiled.definition;
    const head = { name, version, workspace };
    const created =
      !(await this.#registry.isFromFolder(id)) &&
      (await this.#guarded(() =>
        this.#store.create(id, head, kept(definition, compiled.resources)),
      ));
    if (!created) {
      throw new ConflictError(`There is a workflow ${id} already`);
    }
    this.#registry.changed(id);
    return toRegistered(compiled);
  }

  async replace(
    id: string,
    definition: DefinitionSource,
    call: EngineCall,
  ): Promise<RegisteredDefinition> {
    await this.#changeable(id);
    call.abortSignal?.throwIfAborted();
    const compiled = await this.#compile(definition);
    if (compiled.definition.id !== id) {
      throw new FaultyDefinitionError([
        {
          path: '/id',
          message: `must be ${id}, the id of the definition that it replaces`,
        },
      ]);
    }
    if (
      !(await this.#guarded(() =>
        this.#store.replace(
          id,
          compiled.definition,
          kept(definition, compiled.resources),
        ),
      ))
    ) {
      throw new NotFoundError(`There is no workflow ${id}`);
    }
    this.#registry.changed(id);
    return toRegistered(compiled);
  }

  async delete(id: string, call: EngineCall): Promise<void> {
    call.abortSignal?.throwIfAborted();
    await this.#changeable(id);
    if (!(await this.#guarded(() => this.#store.delete(id)))) {
      throw new NotFoundError(`There is no workflow ${id}`);
    }
    this.#registry.changed(id);
  }

  async #compile(definition: DefinitionSource): Promise<CompiledDefinition> {
    try {
      return await this.#registry.check(kept(definition));
    } catch (error) {
      if (error instanceof DefinitionFaultsError) {
        throw new FaultyDefinitionError(error.faults);
      }
      throw error;
    }
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
    if ((await this.#guarded(() => this.#store.find(id))) === undefined) {
      throw new NotFoundError(`There is no workflow ${id}`);
    }
  }
}
