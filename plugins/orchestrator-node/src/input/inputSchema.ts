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
import Ajv, { type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import { linearRegExp, useLinearUniqueItems } from './linearKeywords';
import { checkSchemaSize } from './schemaSize';
import { boundSteps, TooManyStepsError } from './stepBudget';

/**
 * One fault of an input.
 *
 * @public
 */
export interface InputFault {
  /** A JSON pointer into the input; empty for the input itself. */
  readonly path: string;
  readonly message: string;
}

/**
 * Finds every fault of an input; none where it fits its schema.
 *
 * @public
 */
export type InputValidator = (input: JsonValue) => InputFault[];

/** An answer that lists more would help nobody. */
const MAX_FAULTS = 100;

function toFault(error: ErrorObject): InputFault {
  const extra = error.params as {
    additionalProperty?: string;
    allowedValues?: unknown[];
  };
  let message = error.message ?? 'is not valid';
  if (extra.additionalProperty !== undefined) {
    message += `: ${JSON.stringify(extra.additionalProperty).slice(0, 100)}`;
  }
  if (extra.allowedValues !== undefined) {
    message += `: ${JSON.stringify(extra.allowedValues).slice(0, 500)}`;
  }
  return { path: error.instancePath, message };
}

/** The fault of an input through which a schema that refers to itself would go without end. */
const ENDLESS: InputFault = {
  path: '',
  message: 'cannot be checked: its schema refers to itself without end',
};

/** The fault of an input over which its schema would take very long. */
const TOO_LONG: InputFault = {
  path: '',
  message: 'cannot be checked: its schema takes too many steps',
};

/**
 * Makes a validator from the input schema of a definition, which is JSON Schema draft 7. Formats are checked; defaults are
 * not filled in, as in SonataFlow. Patterns are those of RE2, so that no input makes one take long.
 *
 * @throws Error where the schema itself is not valid, is larger than 64 KiB of JSON or 500 schemas, refers to a schema outside itself, or to itself without end or
 * so often that no input could be checked in good time
 * @public
 */
export function createInputValidator(schema: JsonObject): InputValidator {
  checkSchemaSize(schema);
  const ajv = new Ajv({
    allErrors: true,
    strict: false,
    logger: false,
    // What many places refer to is compiled once, not once for each.
    inlineRefs: false,
    code: { regExp: linearRegExp },
  });
  addFormats(ajv);
  useLinearUniqueItems(ajv);
  // An $id would only make the schema findable for others, and there are none.
  const { $schema: _dialect, $id: _id, ...rest } = schema;
  const bounded = boundSteps(ajv, rest);
  const validate = ajv.compile(bounded.schema);
  const check: InputValidator = input => {
    bounded.begin();
    try {
      if (validate(input)) {
        return [];
      }
    } catch (error) {
      if (error instanceof RangeError) {
        return [ENDLESS];
      }
      if (error instanceof TooManyStepsError) {
        return [TOO_LONG];
      }
      throw error;
    }
    return (validate.errors ?? []).slice(0, MAX_FAULTS).map(toFault);
  };
  const faults = check({});
  if (faults.includes(ENDLESS)) {
    throw new Error('the schema refers to itself without end');
  }
  if (faults.includes(TOO_LONG)) {
    throw new Error('the schema takes too many steps to check an input');
  }
  return check;
}
