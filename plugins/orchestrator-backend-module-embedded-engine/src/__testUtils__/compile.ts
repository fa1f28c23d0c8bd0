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
import { readFileSync } from 'node:fs';
import { JqWorker } from '../jq/JqWorker';
import type { Addresses } from '../language/addresses';
import {
  compileDefinition,
  type CompiledDefinition,
  type CompileOptions,
} from '../language/compileDefinition';
import {
  type DefinitionFault,
  DefinitionFaultsError,
  readDefinition,
} from '../language/readDefinition';

/** An evaluator with narrow limits. */
export function testEvaluator(): JqWorker {
  return new JqWorker({
    timeoutMs: 1_000,
    memoryMb: 64,
    maxResultLength: 2_000_000,
    processes: 1,
  });
}

/** What a definition is compiled with, where that is not as `compile` says. */
export type Surroundings = Partial<
  Omit<CompileOptions, 'addresses' | 'readResource'>
> & {
  readonly addresses?: Partial<Addresses>;
  /** Texts of files beside the definition and of documents, by reference. */
  readonly files?: { readonly [reference: string]: string };
};

/** Compiles a definition against one host that may be called, and one secret. */
export function compile(
  evaluator: JqWorker,
  document: JsonObject,
  { addresses, files, ...options }: Surroundings = {},
): Promise<CompiledDefinition> {
  return compileDefinition(document, {
    addresses: {
      baseUrl: name => (name === 'based' ? 'http://api.test/base' : undefined),
      allows: url => url.origin === 'http://api.test',
      openApi: () => undefined,
      ...addresses,
    },
    workspace: 'default',
    hasSecret: name => name === 'token',
    inspect: texts => evaluator.inspect(texts),
    readResource: async reference => {
      if (files === undefined || !Object.hasOwn(files, reference)) {
        throw new Error('the file is missing');
      }
      return files[reference];
    },
    ...options,
  });
}

/** The faults of a definition; none where it can run. */
export async function faultsOf(
  evaluator: JqWorker,
  document: JsonObject,
  surroundings?: Surroundings,
): Promise<readonly DefinitionFault[]> {
  try {
    await compile(evaluator, document, surroundings);
    return [];
  } catch (error) {
    if (error instanceof DefinitionFaultsError) {
      return error.faults;
    }
    throw error;
  }
}

/** Reads a file with a definition. */
export function readFixture(file: string): JsonObject {
  return readDefinition(readFileSync(file, 'utf8'), 'yaml', 1_000_000);
}
