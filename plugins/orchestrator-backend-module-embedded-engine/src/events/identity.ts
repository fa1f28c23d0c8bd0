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
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import { createHash } from 'node:crypto';

/**
 * Who brought an event. What comes from outside may carry any source and id, so it never counts as one that a run has produced.
 */
export type EventOrigin = 'outside' | 'run';

function digest(parts: readonly string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

/** The name under which an event is put into an inbox: the same pair of source and id counts once. */
export function messageKey(
  { id, source }: Pick<EngineEvent, 'id' | 'source'>,
  origin: EventOrigin,
): string {
  return digest(['event', origin, source, id]).toString('hex');
}

/** The id for the run that an event starts: a UUID that is made of both, the same each time. */
export function startedRunId(
  { id, source }: Pick<EngineEvent, 'id' | 'source'>,
  definitionId: string,
  origin: EventOrigin,
): string {
  const bytes = digest(['start', origin, source, id, definitionId]);
  // Version 8 of RFC 9562: a UUID of the maker's own making.
  bytes[6] = (bytes[6] % 16) + 0x80;
  bytes[8] = (bytes[8] % 64) + 0x80;
  const hex = bytes.subarray(0, 16).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
