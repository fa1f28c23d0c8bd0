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

const CLASS_NAME = /^(?:[a-z_$][\w$]*\.)+[A-Z][\w$]*$/;

function messageOf(failure: Failure): string {
  return failure.matched ?? failure.message;
}

async function found(
  evaluator: Evaluator,
  pattern: string,
  text: string,
): Promise<boolean> {
  const { registers } = await evaluator.run({
    data: null,
    variables: {},
    steps: [{ operation: 'match', pattern, text, to: 'found' }],
    give: ['found'],
  });
  return registers.found === true;
}

/** How closely a code fits a failure, from 0; undefined where it does not. */
async function closeness(
  evaluator: Evaluator,
  code: string,
  failure: Failure,
): Promise<number | undefined> {
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
  if (ROOTS.includes(code)) {
    return 5;
  }
  // A pattern is the author's, and may take for ever: it runs where it can be ended.
  return !CLASS_NAME.test(code) &&
    (await found(evaluator, code, messageOf(failure)))
    ? 4
    : undefined;
}

/**
 * Finds the list of codes that fits a failure best: a status or class before a pattern, a pattern before a general class; among
 * equals, the first as written.
 *
 * @returns the number of the list, or undefined where none fits
 */
export async function matchFailure(
  evaluator: Evaluator,
  lists: readonly (readonly string[])[],
  failure: Failure,
): Promise<number | undefined> {
  // What limits the engine sets is not the workflow's to catch.
  if (failure.kind === 'limit' || failure.kind === 'definition') {
    return undefined;
  }
  let best: { list: number; closeness: number } | undefined;
  for (let list = 0; list < lists.length; list += 1) {
    for (const code of lists[list]) {
      const close = await closeness(evaluator, code, failure);
      if (
        close !== undefined &&
        (best === undefined || close < best.closeness)
      ) {
        best = { list, closeness: close };
      }
    }
  }
  return best?.list;
}
