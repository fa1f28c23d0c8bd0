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

import type { JsonObject } from '@backstage/types';
import { isOrchestratorId } from '@flowgate/backstage-plugin-orchestrator-common';
import { isObject } from './merge';

/** What lists show of a definition, and where it belongs. */
export interface DefinitionHead {
  readonly name: string;
  readonly version: string;
  readonly workspace: string;
}

/** The workspace of definitions that name none. */
export const DEFAULT_WORKSPACE = 'default';

const MAX_LENGTH = 255;

/** The id of a definition, where it can be read. */
export function definitionId(document: JsonObject): string | undefined {
  return typeof document.id === 'string' && isOrchestratorId(document.id)
    ? document.id
    : undefined;
}

/** Whether a value is a text that fits its column; no database keeps a NUL or half a surrogate pair. */
export function isKeepable(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= MAX_LENGTH &&
    !/[\0\p{Surrogate}]/u.test(value)
  );
}

/**
 * Reads what lists show, also of a definition that is refused otherwise: what cannot be read is as if it were not there.
 *
 * @param workspace - of a definition that names none
 */
export function definitionHead(
  document: JsonObject,
  workspace: string,
): DefinitionHead {
  const { metadata, name, version } = document;
  const named = isObject(metadata) ? metadata.workspace : undefined;
  const number = typeof version === 'number' ? String(version) : version;
  return {
    name: isKeepable(name) ? name : definitionId(document) ?? '',
    version: isKeepable(number) ? number : '1.0',
    workspace: isKeepable(named) ? named : workspace,
  };
}

/** The faults of what `definitionHead` reads: where each stands, and what it must be. */
export function headFaults(
  document: JsonObject,
): { readonly path: string; readonly message: string }[] {
  const { metadata, name, version } = document;
  const message = `must be a text of ${MAX_LENGTH} characters at most`;
  const named = isObject(metadata) ? metadata.workspace : undefined;
  return [
    { path: '/name', value: name },
    {
      path: '/version',
      value: typeof version === 'number' ? String(version) : version,
    },
    // A definition that says where it belongs, and cannot be understood, must not end up elsewhere.
    { path: '/metadata/workspace', value: named },
  ].flatMap(({ path, value }) =>
    value === undefined || value === null || isKeepable(value)
      ? []
      : [{ path, message }],
  );
}
