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
import type { ProgramStep } from '../jq/Evaluator';
import type {
  EngineVariable,
  Expression,
  ResultTarget,
} from '../language/Definition';
import { mergeAt } from '../language/merge';
import { programFailure, type Run, RunFailure, type Surroundings } from './Run';

/** The registers of the programs of an action. */
export const DATA = 'data';
export const SCOPE = 'scope';
export const RESULT = 'result';
const FILTERED = 'filtered';

/** What is used of a result, and where it goes. */
export interface ResultFilter {
  readonly used: boolean;
  readonly expression?: Expression;
  /** The data themselves where absent. */
  readonly to?: ResultTarget;
}

/** Puts a result, behind its expression, where its filter says. */
export function store(
  run: Run,
  { to, used }: ResultFilter,
  result: JsonValue | undefined,
): void {
  if (!used || result === undefined || to?.kind === 'nowhere') {
    return;
  }
  let data;
  try {
    data = mergeAt(run.state.data, to?.path ?? [], result);
  } catch (error) {
    throw new RunFailure({
      kind: 'expression',
      message: (error as Error).message,
    });
  }
  run.setData(data);
}

/** What follows a result: its expression, and the target where it is more than a path. */
export function filterSteps(
  { expression, to, used }: ResultFilter,
  uses: Set<EngineVariable>,
): ProgramStep[] {
  const steps: ProgramStep[] = [];
  if (expression !== undefined && used) {
    expression.uses.forEach(name => uses.add(name));
    steps.push({
      operation: 'evaluate',
      expression: expression.text,
      from: RESULT,
      to: FILTERED,
    });
  }
  if (to?.kind === 'nowhere' && used) {
    to.expression.uses.forEach(name => uses.add(name));
    steps.push({
      operation: 'evaluate',
      expression: to.expression.text,
      from: DATA,
      to: 'nowhere',
    });
  }
  return steps;
}

/** The registers that a program with `filterSteps` has to give. */
export const FILTER_REGISTERS = [RESULT, FILTERED];

/** The result, behind its expression; undefined where there is none. */
export function filteredResult(
  { expression }: ResultFilter,
  registers: { readonly [name: string]: JsonValue },
): JsonValue | undefined {
  return expression === undefined ? registers[RESULT] : registers[FILTERED];
}

/**
 * Filters a value that came from outside of the data.
 *
 * @throws RunFailure where an expression fails
 */
export async function filterValue(
  run: Run,
  filter: ResultFilter,
  value: JsonValue,
  around?: Surroundings,
): Promise<JsonValue | undefined> {
  const uses = new Set<EngineVariable>();
  const steps = filterSteps(filter, uses);
  if (steps.length === 0) {
    return value;
  }
  const { registers, failure } = await run.evaluate({
    data: run.state.data,
    variables: run.variables(uses, around),
    steps: [
      {
        operation: 'fill',
        template: { kind: 'literal', value },
        from: DATA,
        to: RESULT,
      },
      ...steps,
    ],
    give: FILTER_REGISTERS,
  });
  if (failure !== undefined) {
    throw new RunFailure(programFailure(failure));
  }
  return filteredResult(filter, registers);
}
