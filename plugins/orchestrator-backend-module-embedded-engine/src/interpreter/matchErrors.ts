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

import type { Evaluator } from '../jq/Evaluator';
import { DATA } from './results';
import { RunFailure } from './Run';
import type { Failure } from './RunState';

const ROOTS = [
  'java.lang.RuntimeException',
  'java.lang.Exception',
  'java.lang.Throwable',
];

/** The Java classes under which definitions know our errors: the error's own, then those of its causes. */
const CLASSES: { readonly [kind in Failure['kind']]: readonly string[] } = {
  http: ['org.kie.kogito.internal.process.workitem.WorkItemExecutionException'],
  network: [
    'java.net.ConnectException',
    'java.net.SocketException',
    'java.io.IOException',
  ],
  timeout: [
    'java.util.concurrent.TimeoutException',
    'java.net.SocketTimeoutException',
    'java.io.IOException',
  ],
  answer: [
    'com.fasterxml.jackson.core.JsonParseException',
    'com.fasterxml.jackson.core.JsonProcessingException',
    'java.io.IOException',
  ],
  expression: [
    'java.lang.IllegalArgumentException',
    'net.thisptr.jackson.jq.exception.JsonQueryException',
  ],
  secret: ['java.lang.ClassCastException'],
  refused: ['java.lang.IllegalArgumentException'],
  child: [
    'org.kie.kogito.internal.process.workitem.WorkItemExecutionException',
  ],
  limit: [],
  definition: [],
};

/** How closely a class fits that all errors have: a pattern fits better. */
const ROOT = 5;

const CLASS_NAME = /^(?:[a-z_$][\w$]*\.)+[A-Z][\w$]*$/;

function messageOf(failure: Failure): string {
  return failure.matched ?? failure.message;
}

/** How closely a code fits a failure by what it says, from 0; undefined where it does not. */
function closeness(code: string, failure: Failure): number | undefined {
  if (
    failure.status !== undefined &&
    code.replace(/^HTTP:/i, '') === String(failure.status)
  ) {
    return 0;
  }
  const [own, ...causes] = CLASSES[failure.kind];
  if (code === own) {
    return 1;
  }
  if (code === messageOf(failure)) {
    return 2;
  }
  if (causes.includes(code)) {
    return 3;
  }
  return ROOTS.includes(code) ? ROOT : undefined;
}

/**
 * Looks for patterns in what a failure says, all of them within one time limit: they are the author's, and may take for ever.
 *
 * @returns the number of the first of each list that is found, or -1
 * @throws RunFailure where it takes too long
 */
async function find(
  evaluator: Evaluator,
  lists: readonly (readonly string[])[],
  failure: Failure,
): Promise<readonly number[]> {
  if (lists.every(patterns => patterns.length === 0)) {
    return lists.map(() => -1);
  }
  const names = lists.map((_patterns, i) => `found${i}`);
  const result = await evaluator.run({
    data: messageOf(failure),
    variables: {},
    steps: lists.map((patterns, i) => ({
      operation: 'match',
      patterns,
      from: DATA,
      to: names[i],
    })),
    give: names,
  });
  if (result.failure !== undefined) {
    throw new RunFailure({
      kind: 'limit',
      message: `${failure.message}; it cannot be compared with the codes of errors: ${result.failure.message}`,
    });
  }
  return names.map(name => Number(result.registers[name]));
}

// The name of a class is none, though it could be read as one.
const isPattern = (code: string) => !CLASS_NAME.test(code);

/** What limits the engine sets, and its faults, are not the workflow's to catch. */
const isForWorkflow = ({ kind }: Failure) =>
  kind !== 'limit' && kind !== 'definition';

/**
 * Finds the list of codes that fits a failure best: a status or class before a pattern, a pattern before a general class; among
 * equals, the first as written.
 *
 * @returns the number of the list, or undefined where none fits
 * @throws RunFailure where its patterns take too long; it cannot be caught
 */
export async function matchFailure(
  evaluator: Evaluator,
  lists: readonly (readonly string[])[],
  failure: Failure,
): Promise<number | undefined> {
  if (!isForWorkflow(failure)) {
    return undefined;
  }
  let best: { list: number; closeness: number } | undefined;
  const patterns: { list: number; code: string }[] = [];
  lists.forEach((codes, list) => {
    for (const code of codes) {
      const close = closeness(code, failure);
      if (close !== undefined) {
        if (best === undefined || close < best.closeness) {
          best = { list, closeness: close };
        }
      } else if (isPattern(code)) {
        patterns.push({ list, code });
      }
    }
  });
  if (best !== undefined && best.closeness < ROOT) {
    return best.list;
  }
  const [at] = await find(
    evaluator,
    [patterns.map(({ code }) => code)],
    failure,
  );
  return at < 0 ? best?.list : patterns[at].list;
}

/**
 * Says of each list of codes whether one of them fits a failure.
 *
 * @throws RunFailure where their patterns take too long; it cannot be caught
 */
export async function fittingLists(
  evaluator: Evaluator,
  lists: readonly (readonly string[])[],
  failure: Failure,
): Promise<boolean[]> {
  if (!isForWorkflow(failure)) {
    return lists.map(() => false);
  }
  const fit = lists.map(codes =>
    codes.some(code => closeness(code, failure) !== undefined),
  );
  const found = await find(
    evaluator,
    lists.map((codes, i) => (fit[i] ? [] : codes.filter(isPattern))),
    failure,
  );
  return fit.map((fits, i) => fits || found[i] >= 0);
}
