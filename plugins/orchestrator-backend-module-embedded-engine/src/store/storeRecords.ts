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

import type { Knex } from 'knex';
import { insertAll } from './chunks';
import { clean, type Commit, nodeRows } from './Commit';

/** Stores the nodes that runs have entered and left. */
export async function storeNodes(
  tx: Knex.Transaction,
  commits: readonly Commit[],
): Promise<void> {
  const nodes = commits.map(nodeRows);
  await insertAll(
    tx,
    'embedded_nodes',
    nodes.flatMap(({ rows }) => rows),
  );
  for (let i = 0; i < commits.length; i += 1) {
    for (const end of nodes[i].ends) {
      await tx('embedded_nodes')
        .where({ run_id: commits[i].id, seq: end.seq })
        .update({
          left_at: end.exit ?? null,
          error: end.error === undefined ? null : clean(end.error),
        });
    }
  }
}

/** Stores the lines that runs have logged, and deletes those that are too many. @param maxLines - that are kept of a run */
export async function storeLines(
  tx: Knex.Transaction,
  commits: readonly Commit[],
  maxLines: number,
): Promise<void> {
  await insertAll(
    tx,
    'embedded_logs',
    commits.flatMap(({ id, records }) =>
      records
        .flatMap(({ lines }) => lines)
        .slice(-maxLines)
        .map(line => ({
          run_id: id,
          seq: line.seq,
          line_id: line.id,
          line: clean(line.text),
        })),
    ),
  );
  for (const { id, records, state } of commits) {
    const oldest = state.lines - maxLines;
    if (oldest > 0 && records.some(({ lines }) => lines.length > 0)) {
      await tx('embedded_logs')
        .where({ run_id: id })
        .where('seq', '<=', oldest)
        .delete();
    }
  }
}
