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

/** A label of a log stream: letters, digits and underscores, as Prometheus has them. */
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** An operator and a quoted text. */
const MATCHER = /^(?:=|!=|=~|!~) *(?:"(?:[^"\\\r\n]|\\[^\r\n])*"|`[^`\r\n]*`)$/;

/** How the parts of a pipeline begin; anything else would change the part before it. */
const STAGE = /^(?:\||!=|!~)/;

const LINE_BREAK = /[\r\n\u2028\u2029]/;

/** A text as LogQL reads it back, whatever is in it. */
export function quote(text: string): string {
  // LogQL reads quoted texts as Go does, which knows every escape that JSON has.
  return JSON.stringify(text);
}

/** What is wrong with a label of a stream selector; undefined where nothing is. */
export function labelFault(label: string): string | undefined {
  return LABEL.test(label)
    ? undefined
    : 'must have letters, digits and underscores only, and no digit first';
}

/** What is wrong with the matcher of a stream selector; undefined where nothing is. */
export function matcherFault(matcher: string): string | undefined {
  return MATCHER.test(matcher)
    ? undefined
    : 'must be =, !=, =~ or !~ and a quoted text, for example =~"shop-.+"';
}

/** What is wrong with a part that is added to the pipeline; undefined where nothing is. */
export function stageFault(stage: string): string | undefined {
  if (LINE_BREAK.test(stage)) return 'must not have line breaks';
  if (!STAGE.test(stage)) return 'must begin with |, != or !~';
  let quoted: string | undefined;
  for (let at = 0; at < stage.length; at += 1) {
    const character = stage[at];
    if (quoted) {
      if (quoted === '"' && character === '\\') at += 1;
      else if (character === quoted) quoted = undefined;
    } else if (character === '"' || character === '`') {
      quoted = character;
    } else if ('{}#'.includes(character)) {
      return 'must not have {, } or # outside of quotes';
    }
  }
  return quoted && 'has a quoted text that does not end';
}
