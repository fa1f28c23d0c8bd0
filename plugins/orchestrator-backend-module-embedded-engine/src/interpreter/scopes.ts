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
import { type Scope, sequencesOf, type WorkflowFrame } from './frames';

/** What calls under way may see beside the data, as a multiple of what the data may be. */
const SCOPES_PER_STATE = 4;

/**
 * Keeps the data for the calls that see them, before they change. A call that is sent again after a restart is to have the arguments
 * that it had; calls that see the same data share them.
 *
 * @param maxLength - characters of JSON that the data may have
 * @returns whether that is not too much
 */
export function keepScopes(
  frame: WorkflowFrame | undefined,
  before: JsonValue,
  maxLength: number,
): boolean {
  const seeing = sequencesOf(frame?.body).filter(
    ({ phase, scope }) => phase === 'pending' && scope === undefined,
  );
  if (frame === undefined || seeing.length === 0) {
    return true;
  }
  dropScopes(frame);
  const scopes: { [number: number]: Scope } = frame.scopes ?? {};
  const number = Math.max(0, ...Object.keys(scopes).map(Number)) + 1;
  const scope = { data: before, length: JSON.stringify(before).length };
  frame.scopes = { ...scopes, [number]: scope };
  seeing.forEach(sequence => {
    sequence.scope = number;
  });
  const length = Object.values(frame.scopes).reduce(
    (sum, kept) => sum + kept.length,
    0,
  );
  return length <= maxLength * SCOPES_PER_STATE;
}

/** Forgets the data that no call sees any more. */
export function dropScopes(frame: WorkflowFrame | undefined): void {
  if (frame?.scopes === undefined) {
    return;
  }
  const seen = new Set(sequencesOf(frame.body).map(({ scope }) => scope));
  const left = Object.entries(frame.scopes).filter(([number]) =>
    seen.has(Number(number)),
  );
  if (left.length === 0) {
    delete frame.scopes;
  } else {
    frame.scopes = Object.fromEntries(left);
  }
}
