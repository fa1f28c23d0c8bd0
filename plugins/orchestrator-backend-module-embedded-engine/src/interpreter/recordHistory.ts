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
import type { HistoryEntry, NodeEnd, NodeEntry, Records } from './records';
import type { RunState } from './RunState';

const NANOSECONDS = 1_000_000n;
/** Characters of names, as nodes have them in the database. */
export const MAX_NAME = 512;
export const MAX_DEFINITION_ID = 1_024;

function record(
  state: RunState,
  { history }: Records,
  kind: HistoryEntry['kind'],
  time: number,
  detail: JsonObject,
): void {
  state.events += 1;
  history.push({ kind, time, detail });
}

/** Leaves out what is not there, as JSON does. */
function defined(detail: { [key: string]: JsonObject[string] }): JsonObject {
  return Object.fromEntries(
    Object.entries(detail).filter(([, value]) => value !== undefined),
  );
}

/** Records a node as it is now. */
export function recordNode(
  state: RunState,
  records: Records,
  node: NodeEntry,
  time: number,
  end?: NodeEnd,
): void {
  const detail = defined({
    id: String(node.seq),
    name: node.name.slice(0, MAX_NAME),
    type: node.type,
    definitionId: node.definitionId.slice(0, MAX_DEFINITION_ID),
    enter: new Date(node.enter).toISOString(),
    exit:
      end?.exit === undefined ? undefined : new Date(end.exit).toISOString(),
    errorMessage: end?.error,
  });
  records.size +=
    node.name.length + node.definitionId.length + (end?.error?.length ?? 0);
  record(state, records, 'node', time, detail);
}

/** Records the status of a run, with its error. */
export function recordState(
  state: RunState,
  records: Records,
  time: number,
): void {
  const { error, status } = state;
  const detail = defined({
    state: status,
    error: error && {
      ...(error.node === '' ? {} : { nodeDefinitionId: error.node }),
      ...(error.instance === undefined
        ? {}
        : { nodeInstanceId: String(error.instance) }),
      message: error.message,
    },
  });
  records.size += status.length + (error?.message.length ?? 0);
  record(state, records, 'state', time, detail);
}

/**
 * Records a line of the log; its id is later than that of the line before. The history has the first lines of a run only, while its
 * log has the last.
 */
export function recordLine(
  state: RunState,
  records: Records,
  text: string,
  time: number,
  {
    maxLineLength,
    maxLines,
  }: { readonly maxLineLength: number; readonly maxLines: number },
): void {
  const now = BigInt(time) * NANOSECONDS;
  const last = BigInt(state.lastLine);
  state.lastLine = String(now > last ? now : last + 1n);
  state.lines += 1;
  const line =
    text.length > maxLineLength ? `${text.slice(0, maxLineLength)}…` : text;
  records.lines.push({ seq: state.lines, id: state.lastLine, text: line });
  records.size += line.length;
  if (state.lines <= maxLines) {
    record(state, records, 'log', time, { id: state.lastLine, line });
  } else if (state.lines === maxLines + 1) {
    record(state, records, 'log', time, {
      id: state.lastLine,
      line: `WARN The run has logged ${maxLines} lines; further ones are in its log only`,
    });
  }
}
