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

/** An event as a client of server-sent events gets it. */
export interface ReceivedEvent {
  readonly id?: string;
  readonly event: string;
  readonly data: any;
}

/** Reads all whole events of a stream so far, as clients do. */
export function parseEvents(text: string): ReceivedEvent[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .map(block => {
      const fields = new Map<string, string>();
      for (const line of block.split('\n')) {
        const colon = line.indexOf(':');
        if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
      }
      return fields;
    })
    .filter(fields => fields.has('event'))
    .map(fields => ({
      id: fields.get('id'),
      event: fields.get('event')!,
      data: JSON.parse(fields.get('data')!),
    }));
}
