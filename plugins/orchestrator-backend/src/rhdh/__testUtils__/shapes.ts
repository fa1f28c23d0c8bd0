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

import Ajv2020 from 'ajv/dist/2020';

type Shape = Readonly<Record<string, unknown>>;

const text = { type: 'string' };
const number = { type: 'number' };
const whole = { type: 'integer' };
const time = {
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$',
};
const ref = (name: string) => ({ $ref: `#/$defs/${name}` });
const listOf = (items: Shape) => ({ type: 'array', items });

/** An object with these members, of which some must be there, and no others. */
function object(properties: Shape, required: readonly string[] = []): Shape {
  return { type: 'object', additionalProperties: false, properties, required };
}

const state = {
  enum: ['ACTIVE', 'ERROR', 'COMPLETED', 'ABORTED', 'SUSPENDED', 'PENDING'],
};

/**
 * What Red Hat's orchestrator answers, by the names of its DTOs. Members that only this one has stand behind the others; a client
 * that does not know them does not mind them, but a new one must be meant.
 */
const shapes: Readonly<Record<string, Shape>> = {
  PaginationInfoDTO: object({ pageSize: number, offset: number }),
  WorkflowOverviewListResultDTO: object(
    {
      overviews: listOf(ref('WorkflowOverviewDTO')),
      paginationInfo: ref('PaginationInfoDTO'),
      totalCount: whole,
    },
    ['overviews', 'paginationInfo'],
  ),
  WorkflowOverviewDTO: object(
    {
      workflowId: { type: 'string', minLength: 1 },
      name: text,
      format: { enum: ['yaml', 'json'] },
      lastRunId: text,
      lastTriggeredMs: number,
      lastRunStatus: state,
      description: text,
      isAvailable: { type: 'boolean' },
      availability: ref('WorkflowAvailabilityResponseDTO'),
      version: text,
      workflowRunStats: ref('WorkflowRunStatsDTO'),
      workspace: text,
    },
    ['workflowId', 'name', 'format', 'lastTriggeredMs', 'isAvailable'],
  ),
  WorkflowAvailabilityResponseDTO: object(
    // Without urlToFetch and statusCode: the address of a workflow's service is nobody's business.
    { isAvailable: { const: false }, reason: text },
    ['isAvailable', 'reason'],
  ),
  WorkflowRunStatsDTO: object(
    {
      successRatio: { type: ['number', 'null'] },
      runsLastMonth: whole,
      successCount: whole,
      errorCount: whole,
      totalCount: whole,
      averageTimeToComplete: number,
    },
    [
      ...['successRatio', 'runsLastMonth', 'successCount', 'errorCount'],
      ...['totalCount', 'averageTimeToComplete'],
    ],
  ),
  ProcessInstanceListResultDTO: object(
    {
      totalCount: whole,
      items: listOf(ref('ListedInstance')),
      paginationInfo: ref('PaginationInfoDTO'),
    },
    ['totalCount', 'items', 'paginationInfo'],
  ),
  // Lists have nodes with nothing but their ids, and neither error nor address.
  ListedInstance: object(instanceWith(ref('ListedNode')), instanceNeeds()),
  ListedNode: object({ __typename: { const: 'NodeInstance' }, id: text }, [
    ...['__typename', 'id'],
  ]),
  ProcessInstanceDTO: object(
    {
      ...instanceWith(ref('NodeInstanceDTO')),
      error: { anyOf: [ref('ProcessInstanceErrorDTO'), { type: 'null' }] },
    },
    instanceNeeds(),
  ),
  NodeInstanceDTO: object(
    {
      __typename: { const: 'NodeInstance' },
      id: text,
      name: text,
      type: text,
      enter: time,
      exit: { anyOf: [time, { type: 'null' }] },
      definitionId: text,
      nodeId: text,
      errorMessage: { type: ['string', 'null'] },
    },
    ['__typename', 'id'],
  ),
  ProcessInstanceErrorDTO: object(
    {
      __typename: { const: 'ProcessInstanceError' },
      nodeDefinitionId: text,
      message: text,
      nodeInstanceId: text,
    },
    ['__typename', 'nodeDefinitionId'],
  ),
  WorkflowDataDTO: {
    type: 'object',
    properties: { result: ref('WorkflowResultDTO') },
  },
  WorkflowResultDTO: object({
    message: text,
    nextWorkflows: listOf(object({ id: text, name: text }, ['id', 'name'])),
    outputs: listOf(
      object(
        {
          key: text,
          value: { type: ['string', 'number'] },
          format: { enum: ['text', 'number', 'link', 'markdown'] },
        },
        ['key', 'value'],
      ),
    ),
  }),
  WorkflowRunStatusDTO: object({ key: text, value: text }, ['key', 'value']),
  ExecuteWorkflowResponseDTO: object({ id: text }, ['id']),
  InputSchemaResponseDTO: object({
    inputSchema: { type: 'object' },
    data: { type: 'object' },
  }),
  WorkflowLogsResponse: object(
    {
      instanceId: text,
      logs: listOf(object({ id: text, log: text }, ['id', 'log'])),
    },
    ['instanceId', 'logs'],
  ),
  // What the pages show of an error are its name and its message.
  ErrorBody: object(
    {
      error: {
        type: 'object',
        properties: { name: text, message: text },
        required: ['name', 'message'],
      },
      request: object({ method: text, url: text }, ['method', 'url']),
      response: object({ statusCode: whole }, ['statusCode']),
    },
    ['error', 'request', 'response'],
  ),
};

function instanceWith(node: Shape): Record<string, unknown> {
  return {
    id: text,
    processId: text,
    processName: text,
    version: text,
    state,
    start: time,
    end: { anyOf: [time, { type: 'null' }] },
    duration: {
      type: 'string',
      pattern: '^\\d+ hours, \\d+ minutes, \\d+(\\.\\d+)? seconds$',
    },
    description: text,
    workflowdata: ref('WorkflowDataDTO'),
    initiatorEntity: { type: 'string', pattern: '^[a-z]+:.+$' },
    targetEntity: text,
    executionSummary: listOf(text),
    nodes: listOf(node),
    workspace: text,
    actor: text,
    lost: { type: 'boolean' },
    adopted: { type: 'boolean' },
  };
}

function instanceNeeds(): string[] {
  return [
    ...['id', 'processId', 'processName', 'state', 'start', 'end', 'nodes'],
  ];
}

const ajv = new Ajv2020({ strict: false, allErrors: true });

/** How a value differs from a DTO of Red Hat's orchestrator; nothing where it does not. */
export function faultsOf(name: keyof typeof shapes, value: unknown): string[] {
  const validate = ajv.compile({ ...ref(name), $defs: shapes });
  validate(value);
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
