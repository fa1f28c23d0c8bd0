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
import type {
  EngineNode,
  RunState,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { DefinitionRow, DetailedRunRow, RunRow } from './rows';

const STATES: readonly string[] = [
  'PENDING',
  'ACTIVE',
  'SUSPENDED',
  'ERROR',
  'COMPLETED',
  'ABORTED',
];

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function textsOf(value: JsonValue | undefined): string[] | undefined {
  return Array.isArray(value)
    ? value.filter((one): one is string => typeof one === 'string')
    : undefined;
}

/** No clock shows this time or a later one; milliseconds. */
export const LATEST = Date.UTC(3000, 0);

/** A time that can be a time: years that no clock shows would break the order of everything else. */
export function readTime(value: JsonValue | undefined): string | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  const isSound = time >= 0 && time < LATEST;
  return isSound ? new Date(time).toISOString() : undefined;
}

/** Leaves out what has no value, so that rows can be compared. */
function compact<T extends object>(row: T): T {
  return Object.fromEntries(
    Object.entries(row).filter(([, value]) => value !== undefined),
  ) as T;
}

/** Reads one row; undefined where it cannot be one. */
export type ReadRow<T> = (value: JsonValue | undefined) => T | undefined;

/** Reads a version of a workflow. */
export const readDefinition: ReadRow<DefinitionRow> = value => {
  if (!isObject(value)) return undefined;
  const id = textOf(value.id);
  if (id === undefined) return undefined;
  return compact({
    id,
    version: textOf(value.version),
    name: textOf(value.name),
    description: textOf(value.description),
    annotations: textsOf(value.annotations) ?? [],
    type: textOf(value.type),
    serviceUrl: textOf(value.serviceUrl),
    endpoint: textOf(value.endpoint),
  });
};

/** Whether a workflow was taken out of service, as runtimes tell when they go down in order. */
export function isUnavailable(value: JsonValue): boolean {
  return (
    isObject(value) &&
    isObject(value.metadata) &&
    value.metadata.status === 'unavailable'
  );
}

/** The source of the highest version among rows of definitions that have one. */
export function newestSource(rows: readonly JsonValue[]): string | undefined {
  const versions = rows.filter(isObject).map(({ version, source }) => ({
    version: textOf(version) ?? '',
    source: textOf(source),
  }));
  return versions
    .filter(({ source }) => source !== undefined)
    .sort((one, other) =>
      other.version.localeCompare(one.version, 'en', { numeric: true }),
    )[0]?.source;
}

/** Reads what lists and the index need of a run. */
export const readRun: ReadRow<RunRow> = value => {
  if (!isObject(value)) return undefined;
  const id = textOf(value.id);
  const processId = textOf(value.processId);
  const lastUpdate = readTime(value.lastUpdate);
  const { state } = value;
  const isState = typeof state === 'string' && STATES.includes(state);
  if (!id || !processId || !lastUpdate || !isState) return undefined;
  return compact({
    id,
    processId,
    version: textOf(value.version),
    state: state as RunState,
    start: readTime(value.start) ?? lastUpdate,
    end: readTime(value.end),
    lastUpdate,
    businessKey: textOf(value.businessKey),
    parentId: textOf(value.parentProcessInstanceId),
    rootId: textOf(value.rootProcessInstanceId),
  });
};

/** Reads variables, which come as an object or as its JSON text. */
export function readVariables(
  value: JsonValue | undefined,
): JsonObject | undefined {
  if (typeof value !== 'string') return isObject(value) ? value : undefined;
  try {
    const parsed = JSON.parse(value);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function readNode(value: JsonValue): EngineNode | undefined {
  if (!isObject(value)) return undefined;
  const id = textOf(value.id);
  const enter = readTime(value.enter);
  if (!id || !enter) return undefined;
  return compact({
    id,
    name: textOf(value.name) ?? '',
    type: textOf(value.type) ?? '',
    definitionId: textOf(value.definitionId) ?? '',
    enter,
    exit: readTime(value.exit),
    errorMessage: textOf(value.errorMessage),
  });
}

function readError(value: JsonValue | undefined): DetailedRunRow['error'] {
  if (!isObject(value)) return undefined;
  return compact({
    nodeDefinitionId: textOf(value.nodeDefinitionId) ?? '',
    nodeInstanceId: textOf(value.nodeInstanceId),
    message: textOf(value.message) ?? '',
  });
}

/** Reads a run with what only its page shows. */
export const readDetailedRun: ReadRow<DetailedRunRow> = value => {
  const run = readRun(value);
  if (!run || !isObject(value)) return undefined;
  const nodes = Array.isArray(value.nodes) ? value.nodes : [];
  const summary = textsOf(value.executionSummary);
  return compact({
    ...run,
    variables: readVariables(value.variables),
    nodes: nodes
      .map(readNode)
      .filter((node): node is EngineNode => node !== undefined),
    error: readError(value.error),
    executionSummary: summary?.length ? summary : undefined,
    serviceUrl: textOf(value.serviceUrl),
  });
};
