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

import contentType from 'content-type';
import type { JsonValue } from '@backstage/types';
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import {
  type Fault,
  invalidRequest,
  OrchestratorError,
} from '../errors/OrchestratorError';
import type { OperationContext } from './OperationHandler';

/** The media type of the structured mode. */
const STRUCTURED = 'application/cloudevents+json';

/** How the headers of the binary mode begin. */
const PREFIX = 'ce-';

/** The most characters of an attribute, and the most extension attributes. */
const MAX_LENGTH = 1_024;
const MAX_EXTENSIONS = 50;

/** Integers of CloudEvents have 32 bits. */
const MAX_INTEGER = 2 ** 31;

const NAME = /^[a-z0-9]{1,64}$/;

/** What no attribute may hold: control characters, what is no character, and halves of characters. */
const NO_TEXT = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/** RFC 3339. */
const TIME =
  /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,12})?(?:[Zz]|[+-]\d{2}:\d{2})$/;

const CONTEXT = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'dataschema',
  'datacontenttype',
]);

/** The attributes of an event as texts, with its data. */
interface RawEvent {
  readonly attributes: ReadonlyMap<string, string>;
  readonly data?: JsonValue;
}

function notJson(): OrchestratorError {
  return new OrchestratorError(
    'request.unsupported_media_type',
    'The data of an event must be JSON',
  );
}

/** The value of a header of the binary mode: unquoted, and percent-decoded once. Undefined where it cannot be decoded. */
function decodeHeader(value: string): string | undefined {
  let text = value.trim();
  if (/[^\x20-\x7e]/.test(text)) return undefined;
  if (text.length > 1 && text.startsWith('"') && text.endsWith('"')) {
    text = text.slice(1, -1).replace(/\\(.)/g, '$1');
  }
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function readBinary(
  { headers, body }: Pick<OperationContext, 'headers' | 'body'>,
  faults: Fault[],
): RawEvent {
  const attributes = new Map<string, string>();
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(PREFIX) || value === undefined) continue;
    const name = header.slice(PREFIX.length);
    const decoded = decodeHeader(value);
    if (name === 'datacontenttype' || name === 'data') {
      faults.push({
        path: `header/${header}`,
        message: 'is not a header of the binary mode',
      });
    } else if (decoded === undefined) {
      faults.push({
        path: `header/${header.slice(0, 100)}`,
        message: 'is not percent-encoded UTF-8',
      });
    } else {
      attributes.set(name, decoded);
    }
  }
  return { attributes, data: body as JsonValue | undefined };
}

/** An attribute as a text; undefined where it is of no type that attributes have. */
function attributeText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return String(value);
    case 'number':
      return Number.isInteger(value) &&
        value >= -MAX_INTEGER &&
        value < MAX_INTEGER
        ? String(value)
        : undefined;
    default:
      return undefined;
  }
}

function readStructured(body: unknown, faults: Fault[]): RawEvent {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalidRequest([{ path: 'body', message: 'must be an object' }]);
  }
  const attributes = new Map<string, string>();
  const { data, ...rest } = body as Record<string, JsonValue | undefined>;
  for (const [name, value] of Object.entries(rest)) {
    if (name === 'data_base64') throw notJson();
    // An attribute that is null is not there.
    if (value === null || value === undefined) continue;
    const text =
      CONTEXT.has(name) && typeof value !== 'string'
        ? undefined
        : attributeText(value);
    if (text === undefined) {
      faults.push({
        path: `body/${name.slice(0, 100)}`,
        message: 'is of a type that attributes do not have',
      });
    } else {
      attributes.set(name, text);
    }
  }
  return { attributes, data };
}

function isJsonType(text: string): boolean {
  try {
    return /[/+]json$/.test(contentType.parse(text).type);
  } catch {
    return false;
  }
}

/**
 * Reads a CloudEvent 1.0 from a request, in the structured or in the binary mode of its HTTP binding.
 *
 * @throws OrchestratorError 400 that names every fault, 415 where the data is not JSON
 */
export function readCloudEvent(
  request: Pick<OperationContext, 'headers' | 'body' | 'mediaType'>,
): EngineEvent {
  const faults: Fault[] = [];
  const isStructured = request.mediaType === STRUCTURED;
  const { attributes, data } = isStructured
    ? readStructured(request.body, faults)
    : readBinary(request, faults);
  const where = (name: string) =>
    isStructured ? `body/${name}` : `header/${PREFIX}${name}`;
  const fault = (name: string, message: string) =>
    faults.push({ path: where(name.slice(0, 100)), message });

  for (const [name, value] of attributes) {
    if (!NAME.test(name)) {
      fault(name, 'must have a name of lower-case letters and digits');
    } else if (value.length > MAX_LENGTH) {
      fault(name, `must not have more than ${MAX_LENGTH} characters`);
    } else if (NO_TEXT.test(value)) {
      fault(name, 'has characters that are not allowed here');
    } else if (value === '' && CONTEXT.has(name)) {
      fault(name, 'must not be empty');
    }
  }
  for (const name of ['specversion', 'id', 'source', 'type']) {
    const isFaulty = faults.some(({ path }) => path === where(name));
    if (!attributes.has(name) && !isFaulty) fault(name, 'is missing');
  }
  const version = attributes.get('specversion');
  if (version !== undefined && version !== '1.0') {
    fault('specversion', 'must be 1.0');
  }
  const time = attributes.get('time');
  if (time && !(TIME.test(time) && !Number.isNaN(Date.parse(time)))) {
    fault('time', 'is no time of RFC 3339');
  }
  const extensions = [...attributes].filter(([name]) => !CONTEXT.has(name));
  if (extensions.length > MAX_EXTENSIONS) {
    faults.push({
      path: isStructured ? 'body' : 'header',
      message: `must not have more than ${MAX_EXTENSIONS} extension attributes`,
    });
  }
  if (faults.length > 0) throw invalidRequest(faults.slice(0, 50));
  const type = attributes.get('datacontenttype');
  if (type !== undefined && !isJsonType(type)) throw notJson();
  return {
    id: attributes.get('id')!,
    source: attributes.get('source')!,
    type: attributes.get('type')!,
    subject: attributes.get('subject'),
    time,
    dataSchema: attributes.get('dataschema'),
    data,
    extensions: Object.fromEntries(extensions),
  };
}
