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
import { InputError } from '@backstage/errors';
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import { isNestedTooDeeply, MAX_DEPTH } from '../interpreter/nesting';
import { attributesOf } from './correlation';
import { encodeAttribute } from './encodeAttribute';

/** The attributes by which an event names a run: by its id, or by its business key, which is its id too. */
export const RUN_REFERENCES = ['kogitoprocrefid', 'kogitobusinesskey'] as const;

/** Characters of an attribute. */
const MAX_LENGTH = 1_024;
const MAX_EXTENSIONS = 32;
/** Bytes of all attributes as headers: servers take no more than a little above it. */
const MAX_HEADERS = 8_192;
const EXTENSION_NAME = /^[a-z0-9]{1,64}$/;
/** What CloudEvents allows in no attribute, or what has no encoding. */
const FORBIDDEN = /[\p{Cc}\p{Cs}]/u;
/** They are members of an event, or of its envelope. */
const RESERVED = new Set([
  'id',
  'source',
  'type',
  'subject',
  'time',
  'data',
  'dataschema',
  'datacontenttype',
  'specversion',
]);

function checkText(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') {
    throw new InputError(
      `The event's ${name} must be a text that is not empty`,
    );
  }
  if (value.length > MAX_LENGTH) {
    throw new InputError(
      `The event's ${name} must not be longer than ${MAX_LENGTH} characters`,
    );
  }
  if (FORBIDDEN.test(value)) {
    throw new InputError(
      `The event's ${name} must not hold control characters or halves of characters`,
    );
  }
  return value;
}

function checkOptional(name: string, value: unknown): string | undefined {
  return value === undefined ? undefined : checkText(name, value);
}

function checkExtensions(extensions: unknown): { [name: string]: string } {
  if (typeof extensions !== 'object' || extensions === null) {
    throw new InputError("The event's extension attributes must be an object");
  }
  const entries = Object.entries(extensions);
  if (entries.length > MAX_EXTENSIONS) {
    throw new InputError(
      `The event must not have more than ${MAX_EXTENSIONS} extension attributes`,
    );
  }
  const kept: [string, string][] = [];
  for (const [name, value] of entries) {
    if (!EXTENSION_NAME.test(name) || RESERVED.has(name)) {
      throw new InputError(
        'The names of extension attributes must be of lower-case letters and digits, 64 at most, and none of an event',
      );
    }
    const text = checkText(`attribute ${name}`, value);
    // What else steers SonataFlow by such attributes is none of a sender's business.
    if (
      !name.startsWith('kogito') ||
      RUN_REFERENCES.some(reference => reference === name)
    ) {
      kept.push([name, text]);
    }
  }
  return Object.fromEntries(kept);
}

/**
 * Checks an event and gives it as the engine keeps it: with what CloudEvents knows, and without attributes that steer an engine,
 * but those by which it names a run.
 *
 * @param maxBytes - how many bytes it may have as JSON
 * @throws InputError that says what is wrong, without any value of the event
 */
export function checkEvent(event: EngineEvent, maxBytes: number): EngineEvent {
  const { data } = event;
  if (data !== undefined && isNestedTooDeeply(data)) {
    throw new InputError(
      `The event's data must not be nested deeper than ${MAX_DEPTH} levels`,
    );
  }
  const time = checkOptional('time', event.time);
  if (time !== undefined && Number.isNaN(Date.parse(time))) {
    throw new InputError("The event's time must be a time of ISO 8601");
  }
  const checked: EngineEvent = {
    id: checkText('id', event.id),
    source: checkText('source', event.source),
    type: checkText('type', event.type),
    subject: checkOptional('subject', event.subject),
    time,
    dataSchema: checkOptional('dataschema', event.dataSchema),
    data,
    extensions: checkExtensions(event.extensions),
  };
  const headers = [...attributesOf(checked)].reduce(
    (sum, [name, value]) => sum + name.length + encodeAttribute(value).length,
    0,
  );
  if (headers > MAX_HEADERS) {
    throw new InputError(
      `The event's attributes must not have more than ${MAX_HEADERS} bytes as headers`,
    );
  }
  if (Buffer.byteLength(JSON.stringify(checked)) > maxBytes) {
    throw new InputError(`The event must not have more than ${maxBytes} bytes`);
  }
  return checked;
}
