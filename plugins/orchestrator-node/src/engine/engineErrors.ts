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

import { CustomErrorBase } from '@backstage/errors';

/**
 * An upstream of an engine did not answer in time. The message may be shown to callers: it names the upstream, never its address.
 *
 * @public
 */
export class EngineTimeoutError extends CustomErrorBase {
  name = 'EngineTimeoutError' as const;
}

/**
 * An upstream of an engine answered what it may not. The message may be shown to callers: it names the upstream, never its address
 * nor what it said.
 *
 * @public
 */
export class EngineAnswerError extends CustomErrorBase {
  name = 'EngineAnswerError' as const;
}

/**
 * Marks an error of a start after which it is certain that no run was started, so that its reservation can be given up.
 *
 * @returns the error itself
 * @public
 */
export function notStarted<T extends Error>(error: T): T {
  return Object.assign(error, { notStarted: true });
}

/**
 * Whether an error was marked by {@link notStarted}.
 *
 * @public
 */
export function isNotStarted(error: unknown): boolean {
  return (error as { notStarted?: unknown } | undefined)?.notStarted === true;
}
