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
    name: node.name,
    type: node.type,
    definitionId: node.definitionId,
    enter: new Date(node.enter).toISOString(),
    exit:
      end?.exit === undefined ? undefined : new Date(end.exit).toISOString(),
    errorMessage: end?.error,
  });
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
  record(state, records, 'state', time, detail);
}

/** Records a line of the log; its id is later than that of the line before. */
export function recordLine(
  state: RunState,
  records: Records,
  text: string,
  time: number,
  { maxLineLength }: { readonly maxLineLength: number },
): void {
  const now = BigInt(time) * NANOSECONDS;
  const last = BigInt(state.lastLine);
  state.lastLine = String(now > last ? now : last + 1n);
  state.lines += 1;
  const line =
    text.length > maxLineLength ? `${text.slice(0, maxLineLength)}…` : text;
  records.lines.push({ seq: state.lines, id: state.lastLine, text: line });
  record(state, records, 'log', time, { id: state.lastLine, line });
}
