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

import type { EngineRunEvent } from '@flowgate/backstage-plugin-orchestrator-node';

const KINDS: ReadonlySet<string> = new Set(['state', 'node', 'log']);

/** What an id of an event may be: anything else could make lines of its own in a stream. */
const ID = /^[\x21-\x7e]{1,100}$/;

/** What every stream begins with: after how many milliseconds a client that was cut off may come again. */
export const PREAMBLE = 'retry: 2000\n\n';

/** A line that says nothing, so that nobody between takes the stream for dead. */
export const HEARTBEAT = ':\n\n';

/** The event that says that the run has ended. It has no id: the last event stays the last. */
export const END = 'event: end\ndata: {}\n\n';

/** Whether an event of an engine can be told. */
export function isTellable({ id, kind }: EngineRunEvent): boolean {
  return KINDS.has(kind) && ID.test(id);
}

/** An event as a stream tells it. All that comes from a workflow is JSON, which has no line breaks. */
export function eventText({ id, kind, time, detail }: EngineRunEvent): string {
  return `id: ${id}\nevent: ${kind}\ndata: ${JSON.stringify({
    time,
    detail,
  })}\n\n`;
}
