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

import { OrchestratorRequestError } from '../api';

/** What the backend refuses of a form: at which of its fields, and what belongs to none of them. */
export interface FormFaults {
  /** What is wrong, by the name of the field. */
  readonly fields: Readonly<Record<string, string>>;
  readonly rest?: Error;
}

/**
 * Sorts what the backend refuses by the fields of a form.
 *
 * @param fields - the fields that the form shows, by their names in the body of the request
 * @param byCode - the field that an error belongs to which names none, by the code of the error
 */
export function readFormFaults<Field extends string>(
  error: Error,
  fields: readonly Field[],
  byCode: Readonly<Record<string, Field>> = {},
): FormFaults {
  if (!(error instanceof OrchestratorRequestError)) {
    return { fields: {}, rest: error };
  }
  if (error.faults.length === 0) {
    const field = error.code === undefined ? undefined : byCode[error.code];
    return field && fields.includes(field)
      ? { fields: { [field]: error.message } }
      : { fields: {}, rest: error };
  }
  const messages = new Map<Field, string[]>();
  const others: { path: string; message: string }[] = [];
  for (const fault of error.faults) {
    const [where, name] = fault.path.split('/');
    const field = fields.find(entry => entry === name);
    if (where !== 'body' || field === undefined) {
      others.push(fault);
    } else {
      messages.set(field, [...(messages.get(field) ?? []), fault.message]);
    }
  }
  return {
    fields: Object.fromEntries(
      [...messages].map(([field, texts]) => [field, sentence(texts)]),
    ),
    ...(others.length > 0 && {
      rest: new OrchestratorRequestError(error.status, {
        error: { message: error.message, code: error.code, faults: others },
      }),
    }),
  };
}

/** The messages of the backend go on from the name of the field: `must be …`. */
function sentence(messages: readonly string[]): string {
  const text = [...new Set(messages)].join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
