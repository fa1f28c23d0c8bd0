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
import {
  createInputValidator,
  type EngineDefinition,
  type InputValidator,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { isStorableText } from '../../database/storableText';
import {
  type Fault,
  invalidRequest,
  OrchestratorError,
} from '../../errors/OrchestratorError';

const UNSTORABLE = 'must not have NUL characters or broken surrogate pairs';

/** Deeper inputs are refused before anything walks through them. */
const MAX_DEPTH = 200;

/** Whether a value is nested too deeply; goes through it without recursion. */
function isTooDeep(value: JsonValue): boolean {
  let level: JsonValue[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap(one =>
      typeof one === 'object' && one !== null
        ? (Object.values(one) as JsonValue[])
        : [],
    );
  }
  return false;
}

/**
 * The part of an input that is the workflow's: RHDH's pages ask by `isEvent: true` in it for a start by event, which is for remote
 * engines to read.
 */
function dataOf(
  { origin }: EngineDefinition,
  { inputData }: { inputData: JsonObject },
): JsonObject {
  if (origin !== 'remote' || inputData.isEvent !== true) return inputData;
  const { isEvent, ...data } = inputData;
  return data;
}

/** The most faults of one kind that an answer names. */
const MAX_FAULTS = 20;

/** Where an input has text that no database takes; not deeper than the limit. */
function findUnstorable(value: JsonValue, path: string, faults: Fault[]) {
  if (faults.length >= MAX_FAULTS) return;
  if (typeof value === 'string') {
    if (!isStorableText(value)) faults.push({ path, message: UNSTORABLE });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (!isStorableText(key)) {
      faults.push({ path, message: `has a name in it that ${UNSTORABLE}` });
      return;
    }
    const token = key.replace(/~/g, '~0').replace(/\//g, '~1');
    findUnstorable(member as JsonValue, `${path}/${token}`, faults);
  }
}

/** Checks the inputs of starts against the schemas of definitions, each of which is compiled once. */
export class InputChecker {
  readonly #validators = new WeakMap<JsonObject, InputValidator>();

  /** @throws OrchestratorError 400 that names every fault */
  check(
    definition: EngineDefinition,
    body: { inputData: JsonObject; targetEntity?: string },
  ): void {
    const faults: Fault[] = [];
    if (body.targetEntity !== undefined && !isStorableText(body.targetEntity)) {
      faults.push({
        path: 'body/targetEntity',
        message: UNSTORABLE,
      });
    }
    if (isTooDeep(body.inputData)) {
      faults.push({
        path: 'body/inputData',
        message: `is nested deeper than ${MAX_DEPTH} levels`,
      });
    } else {
      // A remote engine would fail with it, or store something else; one of ours takes any text.
      if (definition.origin === 'remote') {
        findUnstorable(body.inputData, 'body/inputData', faults);
      }
      this.#checkSchema(definition, body, faults);
    }
    if (faults.length > 0) throw invalidRequest(faults);
  }

  #checkSchema(
    definition: EngineDefinition,
    body: { inputData: JsonObject },
    faults: Fault[],
  ): void {
    if (definition.inputSchema && definition.failOnValidationErrors) {
      const validate = this.#validator(definition.id, definition.inputSchema);
      for (const { path, message } of validate(dataOf(definition, body))) {
        faults.push({ path: `body/inputData${path}`, message });
      }
    }
  }

  #validator(workflowId: string, schema: JsonObject): InputValidator {
    let validator = this.#validators.get(schema);
    if (!validator) {
      try {
        validator = createInputValidator(schema);
      } catch (error) {
        throw new OrchestratorError(
          'engine.bad_answer',
          `The input schema of workflow "${workflowId}" cannot be used`,
          { cause: error },
        );
      }
      this.#validators.set(schema, validator);
    }
    return validator;
  }
}
