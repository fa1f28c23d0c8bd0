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

import type { Filter } from '../workflows/search/Filter';
import { every, not, oneOf, some, sql, type SqlPart } from './SqlPart';

/** The columns of runs by our names of the fields. */
export const RUN_COLUMNS: Readonly<Record<string, string>> = {
  id: 'id',
  workflowId: 'workflow_id',
  name: 'name',
  version: 'version',
  workspace: 'workspace',
  state: 'state',
  start: 'started_at',
  end: 'ended_at',
  duration: 'duration',
  initiator: 'initiator',
  targetEntity: 'target_entity',
  actor: 'actor',
};

/** SQLite's GLOB minds the case as PostgreSQL's LIKE does, which SQLite's LIKE does not. */
function globPattern(pattern: string): string {
  return pattern.replace(/[[?]/g, '[$&]').replace(/%/g, '*').replace(/_/g, '?');
}

function likePattern(pattern: string): string {
  return pattern.replace(/\\/g, '\\\\').replace(/\*/g, '%');
}

/** Compiles a filter of runs; callers' values are bound, never part of the text. */
export function whereFilter(filter: Filter, isPostgres: boolean): SqlPart {
  switch (filter.kind) {
    case 'and':
      return every(filter.of.map(part => whereFilter(part, isPostgres)));
    case 'or':
      return some(filter.of.map(part => whereFilter(part, isPostgres)));
    case 'not':
      return not(whereFilter(filter.of, isPostgres));
    default:
      break;
  }
  const column = RUN_COLUMNS[filter.field];
  switch (filter.kind) {
    case 'absent':
      return sql(`${column} is ${filter.absent ? '' : 'not '}null`);
    case 'equal':
      return oneOf(
        column,
        filter.values.filter(value => typeof value !== 'boolean'),
      );
    case 'like':
      return isPostgres
        ? sql(`${column} like ?`, likePattern(filter.pattern))
        : sql(`${column} glob ?`, globPattern(filter.pattern));
    default:
      return sql(`${column} ${filter.operator} ?`, filter.bound);
  }
}
