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

/** What a field takes: which operators, and which values with them. */
export type FieldKind =
  /** EQ, IN, IS_NULL with texts. */
  | 'text'
  /** As text, and LIKE. */
  | 'name'
  /** EQ, IN with the listed texts. */
  | 'choice'
  /** EQ, GT, GTE, LT, LTE, BETWEEN, IS_NULL with ISO 8601 times. */
  | 'time'
  /** The same with whole numbers. */
  | 'number'
  /** EQ with true or false. */
  | 'flag';

/** A field as callers name it. */
export interface Field {
  /** Our own name of it. */
  readonly name: string;
  readonly kind: FieldKind;
  /** The values of a choice. */
  readonly choices?: readonly string[];
}

/** What can be filtered and sorted in one kind of list. */
export interface Fields {
  /** Plain fields by the name that callers use. */
  readonly plain: ReadonlyMap<string, Field>;
  /** Fields that callers reach through `variables`. */
  readonly variables: ReadonlyMap<string, Field>;
  /** Names that callers sort by. */
  readonly sortable: readonly string[];
}

/** The states of a run, in the order in which RHDH lists them. */
export const RUN_STATES = [
  'ACTIVE',
  'ERROR',
  'COMPLETED',
  'ABORTED',
  'SUSPENDED',
  'PENDING',
] as const;

function text(name: string): Field {
  return { name, kind: 'text' };
}

/** Runs, by the names of RHDH's API and with our own beside them. */
export const runFields: Fields = {
  plain: new Map<string, Field>([
    ['id', text('id')],
    ['processId', { name: 'workflowId', kind: 'name' }],
    ['processName', { name: 'name', kind: 'name' }],
    ['version', text('version')],
    ['workspace', text('workspace')],
    ['state', { name: 'state', kind: 'choice', choices: RUN_STATES }],
    ['start', { name: 'start', kind: 'time' }],
    ['end', { name: 'end', kind: 'time' }],
    ['duration', { name: 'duration', kind: 'number' }],
    ['initiatorEntity', text('initiator')],
    ['targetEntity', text('targetEntity')],
    ['actor', text('actor')],
  ]),
  variables: new Map([
    ['initiatorEntity', text('initiator')],
    ['targetEntity', text('targetEntity')],
  ]),
  sortable: [
    'id',
    'processId',
    'processName',
    'version',
    'workspace',
    'state',
    'start',
    'end',
    'duration',
  ],
};

/** Workflows. */
export const workflowFields: Fields = {
  plain: new Map<string, Field>([
    ['id', { name: 'workflowId', kind: 'name' }],
    ['workflowId', { name: 'workflowId', kind: 'name' }],
    ['name', { name: 'name', kind: 'name' }],
    ['version', text('version')],
    ['description', text('description')],
    ['workspace', text('workspace')],
    ['format', { name: 'format', kind: 'choice', choices: ['yaml', 'json'] }],
    ['isAvailable', { name: 'isAvailable', kind: 'flag' }],
  ]),
  variables: new Map(),
  sortable: [
    'id',
    'workflowId',
    'name',
    'version',
    'workspace',
    'format',
    'isAvailable',
  ],
};
