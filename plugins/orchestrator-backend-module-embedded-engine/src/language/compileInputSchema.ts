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

import type { JsonValue } from '@backstage/types';
import { createInputValidator } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Compilation } from './Compilation';
import type { WorkflowDefinition } from './Definition';
import { isObject } from './merge';
import { ResourceError, type Resources } from './Resources';

/** Reads the schema of the input, which must be one. */
export async function readInputSchema(
  compilation: Compilation,
  value: JsonValue | undefined,
  resources: Resources,
): Promise<Pick<WorkflowDefinition, 'inputSchema' | 'failOnValidationErrors'>> {
  const wrapped =
    isObject(value) && value.schema !== undefined ? value : undefined;
  const failOnValidationErrors = wrapped?.failOnValidationErrors !== false;
  const schema = wrapped === undefined ? value : wrapped.schema;
  if (schema === undefined || schema === null) {
    return { failOnValidationErrors };
  }
  try {
    const inputSchema =
      typeof schema === 'string'
        ? await resources.document(schema, 'file')
        : schema;
    if (!isObject(inputSchema)) {
      throw new Error('must be a schema or the name of a file');
    }
    createInputValidator(inputSchema);
    return { inputSchema, failOnValidationErrors };
  } catch (error) {
    if (error instanceof ResourceError) {
      compilation.unreadable('/dataInputSchema', error);
      return { failOnValidationErrors };
    }
    compilation.fault('/dataInputSchema', (error as Error).message);
    return { failOnValidationErrors };
  }
}
