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

import type { JsonObject, JsonValue } from '@backstage/types';
import { Lexer, parse } from 'yaml';
import { isObject } from '../runtime/lenientJson';

/** An event that a definition names. */
export interface SourceEvent {
  readonly name: string;
  /** The type of its CloudEvents. */
  readonly type: string;
  readonly source?: string;
  /** The attributes by which SonataFlow finds the run that an event is for. */
  readonly correlation: readonly string[];
}

/** What only the text of a definition tells. */
export interface SourceFacts {
  readonly format: 'yaml' | 'json';
  readonly name?: string;
  readonly description?: string;
  /** Absent where the text names none. */
  readonly workspace?: string;
  readonly failOnValidationErrors: boolean;
  /** The events that runs wait for, by their names. */
  readonly events: ReadonlyMap<string, SourceEvent>;
  /** The event that starts a run; absent where a run starts without one. */
  readonly startEvent?: SourceEvent;
}

/** A text that is longer is none that an author wrote. */
const MAX_JSON_LENGTH = 2_000_000;
const MAX_YAML_LENGTH = 300_000;

/** YAML takes long over each word and mark, and everybody waits meanwhile. */
const MAX_TOKENS = 50_000;

/** Brackets within brackets; the parser is recursive. */
const MAX_DEPTH = 100;

/** So often a text may refer to its own parts. */
const MAX_ALIASES = 100;

const MAX_NAME_LENGTH = 255;

function isName(value: JsonValue | undefined): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= MAX_NAME_LENGTH &&
    !/[\0\p{Surrogate}]/u.test(value)
  );
}

function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function readEvent(value: JsonObject): SourceEvent | undefined {
  const { name, type, source, kind, correlation } = value;
  if (!isName(name) || kind === 'produced') return undefined;
  return {
    name,
    type: isName(type) ? type : name,
    source: isName(source) ? source : undefined,
    correlation: objectsOf(correlation)
      .map(one => one.contextAttributeName)
      .filter(isName),
  };
}

/** The state in which runs begin: the one that is named, or the first. */
function startState(document: JsonObject): JsonObject | undefined {
  const { start, states } = document;
  const all = objectsOf(states);
  const name = isObject(start) ? start.stateName : start;
  return typeof name === 'string'
    ? all.find(state => state.name === name)
    : all[0];
}

/** Whether a text of YAML can be read in good time; tells by its tokens alone. */
function isReadable(text: string): boolean {
  if (text.length > MAX_YAML_LENGTH) return false;
  let tokens = 0;
  let depth = 0;
  for (const token of new Lexer().lex(text)) {
    tokens += 1;
    if (token === '[' || token === '{') depth += 1;
    if (token === ']' || token === '}') depth = Math.max(0, depth - 1);
    if (tokens > MAX_TOKENS || depth > MAX_DEPTH) return false;
  }
  return true;
}

function parseText(text: string): JsonValue | undefined {
  try {
    if (text.trimStart().startsWith('{')) {
      return text.length > MAX_JSON_LENGTH ? undefined : JSON.parse(text);
    }
    return !isReadable(text)
      ? undefined
      : parse(text, {
          maxAliasCount: MAX_ALIASES,
          prettyErrors: false,
          logLevel: 'error',
          uniqueKeys: false,
        });
  } catch {
    return undefined;
  }
}

/**
 * Reads a definition, as far as its engine does not tell.
 *
 * @returns undefined where it cannot be understood, so that nobody can say to which workspace it belongs
 */
export function readSourceFacts(text: string): SourceFacts | undefined {
  const document = parseText(text);
  if (!isObject(document)) return undefined;
  const { name, description, metadata, dataInputSchema, events } = document;
  const workspace = isObject(metadata) ? metadata.workspace : undefined;
  if (workspace !== undefined && workspace !== null && !isName(workspace)) {
    return undefined;
  }
  const known = objectsOf(events)
    .map(readEvent)
    .filter(event => event !== undefined);
  const byName = new Map(known.map(event => [event.name, event]));
  const [first] = objectsOf(startState(document)?.onEvents);
  const [startsBy] = Array.isArray(first?.eventRefs) ? first.eventRefs : [];
  const isEventState = startState(document)?.type === 'event';
  return {
    format: text.trimStart().startsWith('{') ? 'json' : 'yaml',
    name: isName(name) ? name : undefined,
    description: typeof description === 'string' ? description : undefined,
    workspace: workspace ?? undefined,
    failOnValidationErrors: !(
      isObject(dataInputSchema) &&
      dataInputSchema.failOnValidationErrors === false
    ),
    events: byName,
    startEvent:
      isEventState && typeof startsBy === 'string'
        ? byName.get(startsBy)
        : undefined,
  };
}
