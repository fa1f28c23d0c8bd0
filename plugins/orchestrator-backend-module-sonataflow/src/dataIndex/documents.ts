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

import { LATEST } from './readRows';

/*
 * Every question that is asked of a Data Index. They are constants: all that differs between two questions is in their variables.
 * Each has a name, by which tests count them.
 */

const RUN_FIELDS = `
  id processId version state start end lastUpdate businessKey
  parentProcessInstanceId rootProcessInstanceId`;

/** All versions of all workflows, without their sources, which are large. */
export const DEFINITIONS = `query Definitions {
  ProcessDefinitions {
    id version name description annotations metadata type serviceUrl endpoint
  }
}`;

/** The source of a version of a workflow, or of each of its versions. */
export const DEFINITION_SOURCE = `query DefinitionSource(
  $where: ProcessDefinitionArgument!
) {
  ProcessDefinitions(where: $where) { id version source }
}`;

/**
 * Runs, with as much as is asked for. Not their `endpoint`, which `serviceUrl` comes from: the schema says that each has one, and a
 * row without it would be left out.
 */
export const INSTANCES = `query Instances(
  $where: ProcessInstanceArgument!
  $limit: Int!
  $variables: Boolean!
  $nodes: Boolean!
  $nodeDetails: Boolean!
  $details: Boolean!
) {
  ProcessInstances(where: $where, pagination: { limit: $limit }) {
    ${RUN_FIELDS}
    variables @include(if: $variables)
    nodes @include(if: $nodes) {
      id enter
      ... @include(if: $nodeDetails) {
        name type definitionId exit errorMessage
      }
    }
    error { message nodeDefinitionId nodeInstanceId }
    executionSummary @include(if: $details)
    serviceUrl
  }
}`;

/** Runs with what the index needs of them, the longest unchanged first. */
export const CHANGED = `query Changed(
  $where: ProcessInstanceArgument!
  $limit: Int!
) {
  ProcessInstances(
    where: $where
    orderBy: { lastUpdate: ASC }
    pagination: { limit: $limit }
  ) { ${RUN_FIELDS} }
}`;

/** The time of the newest change: rows can lack it, and those come first in PostgreSQL's order, as do times that no clock shows. */
export const NEWEST = `query Newest {
  ProcessInstances(
    where: { lastUpdate: { lessThan: "${new Date(LATEST).toISOString()}" } }
    orderBy: { lastUpdate: DESC }
    pagination: { limit: 1 }
  ) { lastUpdate }
}`;

/** The variables of runs. */
export const VARIABLES = `query Variables(
  $where: ProcessInstanceArgument!
  $limit: Int!
) {
  ProcessInstances(where: $where, pagination: { limit: $limit }) {
    id variables
  }
}`;

/** How many runs there are. */
export const COUNT = `query Count($where: ProcessInstanceArgument) {
  CountProcessInstances(where: $where)
}`;

/** Whether the Data Index can read its database. */
export const PING = `query Ping {
  ProcessDefinitions(pagination: { limit: 1 }) { id }
}`;

/**
 * What a question is asked for: callers read runs and workflows, as many as they like; all else is what the index and the
 * reconciler cannot do without.
 */
export type QuestionKind = 'reads' | 'definitions' | 'background';

/** The kind of one of the questions. */
export function kindOf(document: string): QuestionKind {
  if (document === INSTANCES) return 'reads';
  const isOfDefinitions =
    document === DEFINITIONS || document === DEFINITION_SOURCE;
  return isOfDefinitions ? 'definitions' : 'background';
}

/** Counts per workflow that one request asks for. */
export const COUNTS = 20;

const numbers = Array.from({ length: COUNTS }, (_none, at) => at);

/** How many runs there are of each of up to {@link COUNTS} workflows: `$p0`, `$p1`… are their ids, `$n0`… whether they are asked. */
export const COUNT_BY_PROCESS = `query CountByProcess(
  ${numbers.map(at => `$p${at}: String $n${at}: Boolean!`).join('\n  ')}
) {
  ${numbers
    .map(
      at =>
        `c${at}: CountProcessInstances(where: { processId: { equal: $p${at} } }) @include(if: $n${at})`,
    )
    .join('\n  ')}
}`;
