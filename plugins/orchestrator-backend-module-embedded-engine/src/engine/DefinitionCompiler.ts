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

import {
  type EmbeddedEngineConfig,
  mayReadSecret,
} from '../config/EngineConfig';
import { type Evaluator, InspectionError } from '../jq/Evaluator';
import type { Addresses } from '../language/addresses';
import type { Inspection } from '../language/Compilation';
import {
  compileDefinition,
  type CompiledDefinition,
  type CompileOptions,
} from '../language/compileDefinition';
import {
  DefinitionFaultsError,
  readDefinition,
} from '../language/readDefinition';
import type { Egress } from '../rest/Egress';
import type { DocumentReader } from '../rest/readDocument';
import type { KeptDefinition } from '../store/DefinitionStore';

/** A definition has faults, of which a document that could not be read from its address is one: it may come right. */
export class UnreachableDocumentError extends DefinitionFaultsError {}

/** Reads a file that a definition refers to; throws an Error whose message may be shown. */
export type FileReader = (
  reference: string,
  maxBytes: number,
) => Promise<string>;

/** Expressions that are looked at in one go: a large definition may take longer than one program may. */
const MAX_TEXTS = 200;

/** Compiles texts of definitions by the configuration of the engine. */
export class DefinitionCompiler {
  readonly #config: EmbeddedEngineConfig;
  readonly #evaluator: Evaluator;
  readonly #addresses: Addresses;
  readonly #readDocument?: DocumentReader;

  constructor(
    config: EmbeddedEngineConfig,
    evaluator: Evaluator,
    egress: Pick<Egress, 'allows'>,
    readDocument?: DocumentReader,
  ) {
    this.#config = config;
    this.#evaluator = evaluator;
    this.#readDocument = readDocument;
    this.#addresses = {
      baseUrl: name => config.functions.get(name)?.baseUrl,
      allows: url => egress.allows(url),
      openApi: document => config.openapi.get(document),
    };
  }

  /**
   * Compiles a text.
   *
   * @param readFile - reads a file that it refers to; documents are read from their addresses
   * @throws DefinitionFaultsError
   */
  async compile(
    source: KeptDefinition,
    readFile: FileReader,
    options: Pick<CompileOptions, 'lenient'> = {},
  ): Promise<CompiledDefinition> {
    const { limits } = this.#config;
    let unreachable = false;
    try {
      return await this.#compile(source, {
        ...options,
        readResource: async (reference, kind) => {
          const maxBytes =
            kind === 'openapi' ? limits.openapiBytes : limits.definitionBytes;
          if (!/^https?:/i.test(reference)) {
            return readFile(reference, maxBytes);
          }
          try {
            return await this.#document(reference, maxBytes);
          } catch (error) {
            unreachable = true;
            throw error;
          }
        },
      });
    } catch (error) {
      throw unreachable && error instanceof DefinitionFaultsError
        ? new UnreachableDocumentError(error.faults)
        : error;
    }
  }

  /**
   * Compiles a text of which everything that it refers to was kept with it.
   *
   * @throws DefinitionFaultsError
   */
  compileKept(
    source: KeptDefinition,
    options: Pick<CompileOptions, 'withoutInputSchema'> = {},
  ): Promise<CompiledDefinition> {
    return this.#compile(source, {
      ...options,
      readResource: async reference => {
        const { resources = {} } = source;
        if (!Object.hasOwn(resources, reference)) {
          throw new Error('was not kept with the definition');
        }
        return resources[reference];
      },
    });
  }

  async #document(url: string, maxBytes: number): Promise<string> {
    if (this.#readDocument === undefined) {
      throw new Error('documents cannot be read from addresses here');
    }
    const text = await this.#readDocument(url, maxBytes);
    return text.replace(/^\uFEFF/, '');
  }

  async #compile(
    source: KeptDefinition,
    options: Pick<
      CompileOptions,
      'lenient' | 'readResource' | 'withoutInputSchema'
    >,
  ): Promise<CompiledDefinition> {
    const { limits, secrets } = this.#config;
    const document = readDefinition(
      source.source,
      source.format,
      limits.definitionBytes,
    );
    return compileDefinition(document, {
      ...options,
      addresses: this.#addresses,
      workspace: source.defaultWorkspace,
      hasSecret: (name, workflow) => {
        const secret = secrets.get(name);
        return secret !== undefined && mayReadSecret(secret, workflow);
      },
      inspect: texts => this.#inspect(texts),
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
export const noFiles: FileReader = async () => {
  throw new Error(
    'a registered definition has no files beside it; write their content into it, or name a document by its address',
  );
};
