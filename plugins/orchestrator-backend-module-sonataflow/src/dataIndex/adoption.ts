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
import type { RunChange } from '@flowgate/backstage-plugin-orchestrator-node';
import { AnswerTooLargeError } from '../http/AnswerTooLargeError';
import type { DataIndex } from './DataIndex';
import type { DataIndexCall } from './DataIndexClient';
import type { RunRow } from './rows';
import { hasKeyOfOurs } from './toRunChange';

/** What Backstage allows in a ref: kind, namespace and name. */
const REF =
  /^[a-z][a-z0-9]{0,62}:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\/[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/;

/** Whom RHDH's backend names where it starts for itself. */
const NOBODY = 'user:default/system';

function readRef(value: JsonValue | undefined): string | undefined {
  const ref = typeof value === 'string' ? value.toLowerCase() : '';
  return REF.test(ref) ? ref : undefined;
}

/** Whose run it is by the variables that RHDH's backend starts runs with; undefined where they name no user. */
export function readAdoption(variables: JsonObject): RunChange['adopted'] {
  const initiator = readRef(variables.initiatorEntity);
  if (!initiator?.startsWith('user:') || initiator === NOBODY) return undefined;
  const targetEntity = readRef(variables.targetEntity);
  return targetEntity ? { initiator, targetEntity } : { initiator };
}

/** Variables can be of any size: what does not fit into one answer is asked for in two. */
async function readVariables(
  dataIndex: DataIndex,
  ids: readonly string[],
  call: DataIndexCall,
): Promise<Map<string, JsonObject>> {
  try {
    return await dataIndex.variables(ids, call);
  } catch (error) {
    if (!(error instanceof AnswerTooLargeError)) throw error;
    if (ids.length === 1) return new Map();
    const half = Math.ceil(ids.length / 2);
    return new Map([
      ...(await readVariables(dataIndex, ids.slice(0, half), call)),
      ...(await readVariables(dataIndex, ids.slice(half), call)),
    ]);
  }
}

/**
 * Whose runs some runs are by their own data. Only runs from before a date are looked at, since every workflow can write this
 * data; runs that were started through this plugin never are.
 *
 * @param before - milliseconds since the epoch; undefined to adopt nothing
 */
export async function findAdoptions(
  dataIndex: DataIndex,
  rows: readonly RunRow[],
  before: number | undefined,
  call: DataIndexCall,
): Promise<Map<string, RunChange['adopted']>> {
  if (before === undefined) return new Map();
  const ids = rows
    .filter(
      row =>
        Date.parse(row.start) < before &&
        !hasKeyOfOurs(row) &&
        // A run that another one started is its parent's owner's, whatever its own data says.
        row.parentId === undefined,
    )
    .map(row => row.id);
  if (ids.length === 0) return new Map();
  const variables = await readVariables(dataIndex, ids, call);
  return new Map(
    [...variables].map(([id, found]) => [id, readAdoption(found)]),
  );
}
