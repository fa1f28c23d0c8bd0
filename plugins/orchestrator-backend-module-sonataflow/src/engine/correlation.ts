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

import type { SourceEvent } from './sourceFacts';

/** What CloudEvents allow as the name of an extension, which is what SonataFlow compares. */
const EXTENSION = /^[a-z0-9]{1,64}$/;

/** Attributes that have a meaning of their own. */
const RESERVED: readonly string[] = [
  'data',
  'dataref',
  'datacontenttype',
  'dataschema',
  'id',
  'source',
  'specversion',
  'subject',
  'time',
  'type',
];

/**
 * The attributes by which SonataFlow correlates the events of a run. All have the same value: the key of the start, which nobody
 * else can know beforehand. A value out of the input or the data could be that of another run, which would then get the event.
 *
 * @param key - the business key of the run; without one, it was not started by an event of ours
 */
export function correlationAttributes(
  { correlation }: SourceEvent,
  key: string | undefined,
): Record<string, string> {
  if (key === undefined) return {};
  const names = correlation.filter(
    name =>
      EXTENSION.test(name) &&
      !RESERVED.includes(name) &&
      !name.startsWith('kogito'),
  );
  return Object.fromEntries(names.map(name => [name, key]));
}
