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

import { invalidRequest } from '../errors/OrchestratorError';
import type { TokenPlace } from '../database/TokenLists';

const ID = /^[0-9A-Za-z]{12}$/;

/** Writes a place in the list of tokens, for callers to bring back. */
export function writeCursor({ createdAt, id }: TokenPlace): string {
  return Buffer.from(`${createdAt}.${id}`).toString('base64url');
}

/**
 * Reads what {@link writeCursor} wrote.
 *
 * @throws OrchestratorError `request.invalid`
 */
export function readCursor(text: string): TokenPlace {
  const [time, id, ...rest] = Buffer.from(text, 'base64url')
    .toString('latin1')
    .split('.');
  const createdAt = /^\d{1,15}$/.test(time) ? Number(time) : NaN;
  const place = { createdAt, id };
  // What Buffer passes over would be a second way to write the same place.
  if (
    Number.isNaN(createdAt) ||
    !ID.test(id ?? '') ||
    rest.length > 0 ||
    writeCursor(place) !== text
  ) {
    throw invalidRequest([
      { path: 'query/cursor', message: 'is not a cursor of this list' },
    ]);
  }
  return place;
}
