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
import {
  compileDefinition,
  type CompiledDefinition,
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

/** Compiles a definition against one host that may be called, and one secret. */
export function compile(
  evaluator: JqWorker,
  document: JsonObject,
): Promise<CompiledDefinition> {
  return compileDefinition(document, {
    addresses: {
      baseUrl: name => (name === 'based' ? 'http://api.test/base' : undefined),
      allows: url => url.origin === 'http://api.test',
    },
    workspace: 'default',
    hasSecret: name => name === 'token',
    inspect: texts => evaluator.inspect(texts),
    readSchema: async reference => {
      throw new Error(`the file ${reference} is missing`);
    },
  });
}

/** The faults of a definition; none where it can run. */
export async function faultsOf(
  evaluator: JqWorker,
  document: JsonObject,
): Promise<readonly DefinitionFault[]> {
  try {
    await compile(evaluator, document);
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
