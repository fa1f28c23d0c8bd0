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
import {
  type EmbeddedEngineConfig,
  mayReadSecret,
} from '../config/EngineConfig';
import { type Evaluator, InspectionError } from '../jq/Evaluator';
import type { Inspection } from '../language/Compilation';
import {
  compileDefinition,
  type CompiledDefinition,
} from '../language/compileDefinition';
import type { Addresses } from '../language/compileFunctions';
import {
  DefinitionFaultsError,
  readDefinition,
} from '../language/readDefinition';
import type { Egress } from '../rest/Egress';
import type { KeptDefinition } from '../store/DefinitionStore';

/** Reads a JSON file that a definition refers to; throws an Error whose message may be shown. */
export type SchemaReader = (reference: string) => Promise<JsonObject>;

/** Expressions that are looked at in one go: a large definition may take longer than one program may. */
const MAX_TEXTS = 200;

/** Compiles texts of definitions by the configuration of the engine. */
export class DefinitionCompiler {
  readonly #config: EmbeddedEngineConfig;
  readonly #evaluator: Evaluator;
  readonly #addresses: Addresses;

  constructor(
    config: EmbeddedEngineConfig,
    evaluator: Evaluator,
    egress: Egress,
  ) {
    this.#config = config;
    this.#evaluator = evaluator;
    this.#addresses = {
      baseUrl: name => config.functions.get(name)?.baseUrl,
      allows: url => egress.allows(url),
    };
  }

  /** @throws DefinitionFaultsError */
  async compile(
    source: KeptDefinition,
    readSchema: SchemaReader,
  ): Promise<CompiledDefinition> {
    const { limits, secrets } = this.#config;
    const document = readDefinition(
      source.source,
      source.format,
      limits.definitionBytes,
    );
    return compileDefinition(document, {
      addresses: this.#addresses,
      workspace: source.defaultWorkspace,
      hasSecret: (name, workflow) => {
        const secret = secrets.get(name);
        return secret !== undefined && mayReadSecret(secret, workflow);
      },
      inspect: texts => this.#inspect(texts),
      readSchema,
    });
  }

  async #inspect(texts: readonly string[]): Promise<Inspection[]> {
    const inspections: Inspection[] = [];
    for (let i = 0; i < texts.length; i += MAX_TEXTS) {
      try {
        inspections.push(
          ...(await this.#evaluator.inspect(texts.slice(i, i + MAX_TEXTS))),
        );
      } catch (error) {
        throw error instanceof InspectionError
          ? new DefinitionFaultsError([
              {
                path: '',
                message: `has expressions that cannot be read: ${error.message}`,
              },
            ])
          : error;
      }
    }
    return inspections;
  }
}

/** For definitions that come over HTTP. */
export const noFiles: SchemaReader = async reference => {
  throw new Error(
    `${JSON.stringify(reference).slice(
      0,
      200,
    )}: a registered definition has no files beside it; write the schema into it`,
  );
};
