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

/** A piece of SQL with the values that are bound to it. Values never become part of the text. */
export interface SqlPart {
  readonly sql: string;
  readonly bindings: readonly SqlValue[];
}

export type SqlValue = string | number;

/** A piece of SQL from a text of ours. */
export function sql(text: string, ...bindings: SqlValue[]): SqlPart {
  return { sql: text, bindings };
}

export const TRUE = sql('1 = 1');
export const FALSE = sql('1 = 0');

/** Holds where a column has one of the values. */
export function oneOf(column: string, values: readonly SqlValue[]): SqlPart {
  if (values.length === 0) return FALSE;
  if (values.length === 1) return sql(`${column} = ?`, values[0]);
  const marks = values.map(() => '?').join(', ');
  return sql(`${column} in (${marks})`, ...values);
}

function join(parts: readonly SqlPart[], operator: string): SqlPart {
  if (parts.length === 1) return parts[0];
  return {
    sql: parts.map(part => `(${part.sql})`).join(` ${operator} `),
    bindings: parts.flatMap(part => part.bindings),
  };
}

/** Holds where all parts hold. */
export function every(parts: readonly SqlPart[]): SqlPart {
  const saying = parts.filter(part => part !== TRUE);
  if (saying.includes(FALSE)) return FALSE;
  return saying.length === 0 ? TRUE : join(saying, 'and');
}

/** Holds where any part holds. */
export function some(parts: readonly SqlPart[]): SqlPart {
  const saying = parts.filter(part => part !== FALSE);
  if (saying.includes(TRUE)) return TRUE;
  return saying.length === 0 ? FALSE : join(saying, 'or');
}

/** Holds where a part does not, be it false or unknown. */
export function not(part: SqlPart): SqlPart {
  if (part === TRUE) return FALSE;
  if (part === FALSE) return TRUE;
  return {
    sql: `not coalesce((${part.sql}), false)`,
    bindings: part.bindings,
  };
}
