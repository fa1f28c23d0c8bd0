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

import type { Config } from '@backstage/config';
import type { Operation } from '../gate/operations';

const DEFAULT_LIMIT = 1024 * 1024;
const DEFINITION_LIMIT = 2 * 1024 * 1024;
const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1024,
  mb: 1024 ** 2,
};

/** The most bytes that bodies may have. */
export interface BodyLimits {
  readonly body: number;
  readonly definition: number;
}

/**
 * Reads `orchestrator.contentLengthLimit`: a number of bytes, or text such as "10mb".
 *
 * @throws Error where it is neither
 */
export function readBodyLimits(config: Config): BodyLimits {
  const value = config.getOptional('orchestrator.contentLengthLimit');
  if (value === undefined) {
    return { body: DEFAULT_LIMIT, definition: DEFINITION_LIMIT };
  }
  const match = /^(\d+(?:\.\d+)?)\s*(b|kb|mb)?$/i.exec(String(value).trim());
  const bytes = match
    ? Math.floor(Number(match[1]) * UNITS[(match[2] ?? 'b').toLowerCase()])
    : 0;
  if (bytes < 1) {
    throw new Error(
      'Invalid config: orchestrator.contentLengthLimit must be a number of bytes or a text such as "10mb"',
    );
  }
  return { body: bytes, definition: Math.max(bytes, DEFINITION_LIMIT) };
}

/** The most bytes that the body of an operation may have. */
export function bodyLimit(
  limits: BodyLimits,
  operation: Pick<Operation, 'auditEvent' | 'bodyLimit'>,
): number {
  if (operation.auditEvent?.startsWith('definition-')) return limits.definition;
  return Math.min(limits.body, operation.bodyLimit ?? limits.body);
}
