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

import type { JsonValue } from '@backstage/types';
import { at, type Compilation } from './Compilation';

/** Names of documents, for the operations of functions. */
const DOCUMENTS = 'workflow-uri-definitions';
/** What a run gives, which SonataFlow can check. */
const OUTPUT = 'workflow-output-schema';

/**
 * Reads the `extensions` that RHDH's definitions have.
 *
 * @returns what names of documents stand for
 */
export function readExtensions(
  compilation: Compilation,
  value: JsonValue | undefined,
): ReadonlyMap<string, string> {
  const documents = new Map<string, string>();
  compilation.list('/extensions', value).forEach((declared, i) => {
    const path = at('', 'extensions', i);
    const id = declared.extensionid ?? declared.extensionId;
    if (id === OUTPUT) {
      compilation.warn(path, 'has no effect: what runs give is not checked');
    } else if (id === DOCUMENTS) {
      const where = at(path, 'definitions');
      const definitions = compilation.object(where, declared.definitions) ?? {};
      for (const [name, uri] of Object.entries(definitions)) {
        const reference = compilation.text(at(where, name), uri as JsonValue);
        if (reference !== undefined) {
          documents.set(name, reference);
        }
      }
    } else {
      compilation.fault(
        path,
        `extension ${JSON.stringify(id ?? null).slice(
          0,
          100,
        )} is not supported by the embedded engine`,
      );
    }
  });
  return documents;
}
