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
import type { Expression } from '../language/Definition';
import { programFailure, type Run, RunFailure } from './Run';

/**
 * Evaluates an expression over the data of a run.
 *
 * @returns undefined where it has no result
 * @throws RunFailure where it fails
 */
export async function evaluate(
  run: Run,
  expression: Expression,
): Promise<JsonValue | undefined> {
  const { registers, failure } = await run.evaluate({
    data: run.state.data,
    variables: run.variables(expression.uses),
    steps: [
      {
        operation: 'evaluate',
        expression: expression.text,
        from: 'data',
        to: 'result',
      },
    ],
    give: ['result'],
  });
  if (failure !== undefined) {
    throw new RunFailure(programFailure(failure));
  }
  return registers.result;
}
