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

import type { RunCriteria, WorkflowCriteria } from '../grants/criteria';
import {
  every,
  FALSE,
  not,
  oneOf,
  some,
  sql,
  TRUE,
  type SqlPart,
} from './SqlPart';

/** Compiles a set of workflows for a table with the columns `workflow_id` and `workspace`. */
export function whereWorkflow(criteria: WorkflowCriteria): SqlPart {
  switch (criteria.kind) {
    case 'all':
      return TRUE;
    case 'none':
      return FALSE;
    case 'ids':
      return oneOf('workflow_id', criteria.values);
    case 'workspaces':
      return oneOf('workspace', criteria.values);
    case 'and':
      return every(criteria.of.map(whereWorkflow));
    case 'or':
      return some(criteria.of.map(whereWorkflow));
    default:
      return not(whereWorkflow(criteria.of));
  }
}

/** Compiles a set of runs for a table that has the column `initiator` beside. */
export function whereRun(criteria: RunCriteria): SqlPart {
  return every([
    whereWorkflow(criteria.workflows),
    some([
      oneOf('initiator', criteria.owners),
      whereWorkflow(criteria.everybodys),
    ]),
  ]);
}

/**
 * Compiles a set of runs for a table of statistics, in which an empty initiator stands for everybody: each run counts once,
 * either under its initiator or under everybody.
 */
export function whereStatistics(criteria: RunCriteria): SqlPart {
  const everybodys = whereWorkflow(criteria.everybodys);
  return every([
    whereWorkflow(criteria.workflows),
    some([
      every([sql("initiator = ''"), everybodys]),
      every([oneOf('initiator', criteria.owners), not(everybodys)]),
    ]),
  ]);
}
