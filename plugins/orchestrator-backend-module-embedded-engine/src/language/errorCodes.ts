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

import { STATUS_CODES } from 'node:http';

/** The Java classes under which the engine knows errors. */
export const ERROR_CLASSES: readonly string[] = [
  'com.fasterxml.jackson.core.JsonParseException',
  'com.fasterxml.jackson.core.JsonProcessingException',
  'java.io.IOException',
  'java.lang.ClassCastException',
  'java.lang.Exception',
  'java.lang.IllegalArgumentException',
  'java.lang.RuntimeException',
  'java.lang.Throwable',
  'java.net.ConnectException',
  'java.net.SocketException',
  'java.net.SocketTimeoutException',
  'java.util.concurrent.TimeoutException',
  'net.thisptr.jackson.jq.exception.JsonQueryException',
  'org.kie.kogito.internal.process.workitem.WorkItemExecutionException',
];

const CLASS_NAME = /^(?:[a-z_$][\w$]*\.)+[A-Z][\w$]*$/;

/** What statuses are called; no message has these words. */
const REASONS = Object.values(STATUS_CODES).filter(
  (reason): reason is string => reason !== undefined && reason.includes(' '),
);

function isPattern(code: string): boolean {
  try {
    return new RegExp(code) !== undefined;
  } catch {
    return false;
  }
}

/** Says why an error of a code can never be caught; undefined where it may be. */
export function neverMatches(code: string): string | undefined {
  const [, status] = /^(?:HTTP:)?(\d{3})$/i.exec(code) ?? [];
  if (status !== undefined) {
    return Number(status) < 300 || Number(status) > 599
      ? `no call fails with the status ${status}; this error is never caught`
      : undefined;
  }
  if (CLASS_NAME.test(code)) {
    return ERROR_CLASSES.includes(code)
      ? undefined
      : `no error has the class ${code}; this error is never caught`;
  }
  const reason = REASONS.find(words => code.includes(words));
  if (reason !== undefined) {
    return `no message has the words "${reason}": that of a failed call is "Unknown error, status code <n>"; name the status instead`;
  }
  return isPattern(code)
    ? undefined
    : 'is no regular expression; it is compared with the whole message, which it can hardly be';
}
