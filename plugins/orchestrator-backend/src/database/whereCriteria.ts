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

/** As many refs are looked up each on its own; more take one look-up and a sort. */
const MAX_PARTS = 50;

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

/** Compiles a set of runs for a table that has the columns `owner` and `initiator` beside. */
export function whereRun(criteria: RunCriteria): SqlPart {
  return every([
    whereWorkflow(criteria.workflows),
    some([
      oneOf('owner', criteria.owners),
      oneOf('initiator', criteria.initiators),
      whereWorkflow(criteria.everybodys),
    ]),
  ]);
}

/**
 * Compiles a set of runs into parts that share no run, each of which one index gives in the order of the starts: under several
 * owners, no index has the runs in that order. Many owners are one part, which is sorted: a statement must not grow without bound.
 */
export function whereRunApart(criteria: RunCriteria): SqlPart[] {
  const { workflows, owners, initiators, everybodys } = criteria;
  const refs = owners.length + initiators.length;
  if (everybodys.kind !== 'none' || refs < 2 || refs > MAX_PARTS) {
    return [whereRun(criteria)];
  }
  const own = [
    ...owners.map(ref => sql('owner = ?', ref)),
    // None of these has its owner among the owners; see RunCriteria.
    ...initiators.map(ref => sql('initiator = ?', ref)),
  ];
  return own.map(part => every([whereWorkflow(workflows), part]));
}

/**
 * Compiles a set of runs for a table of statistics, in which an empty subject stands for everybody: each run counts once, either
 * under one subject of the caller or under everybody. A run that counts under its owner and under another ref, its initiator, is
 * under one subject of the caller at most: users ask by what they own and nothing else, of which no initiator of somebody
 * else's runs is one, since those are tokens; a token asks by one ref only.
 */
export function whereStatistics(criteria: RunCriteria): SqlPart {
  const everybodys = whereWorkflow(criteria.everybodys);
  const subjects = [...new Set([...criteria.owners, ...criteria.initiators])];
  return every([
    whereWorkflow(criteria.workflows),
    some([
      every([sql("subject = ''"), everybodys]),
      every([oneOf('subject', subjects), not(everybodys)]),
    ]),
  ]);
}
