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

// A Data Index with runs of workflows that a runtime beside it has, in a process of its own. It says over the process's channel where
// it is, and when it is asked for changes for the first time.
import { FakeDataIndex } from '../../../plugins/orchestrator-backend-module-sonataflow/src/__testUtils__/FakeDataIndex';
import { FakeRuntime } from '../../../plugins/orchestrator-backend-module-sonataflow/src/__testUtils__/FakeRuntime';
import { remoteRunId, type RemoteRuns } from '../remoteRuns';

/** The first run; the others follow one by one, so that all are from before the date of adoption. */
const BEGIN = Date.parse('2025-01-01T00:00:00Z');
const STEP = 20_000;
const DURATION = 5_000;
const OTHERS = 50;

function initiatorOf(n: number, { runs, owner, owned }: RemoteRuns): string {
  const isOwned =
    Math.floor(((n + 1) * owned) / runs) > Math.floor((n * owned) / runs);
  return isOwned ? owner : `user:default/person-${n % OTHERS}`;
}

function fill(dataIndex: FakeDataIndex, options: RemoteRuns): void {
  for (let n = 0; n < options.runs; n += 1) {
    const start = BEGIN + n * STEP;
    const end = new Date(start + DURATION).toISOString();
    dataIndex.put({
      id: remoteRunId(n),
      processId: options.workflowPrefix + ((n * 7919) % options.workflows),
      version: '1.0',
      state: n % 20 === 1 ? 'ABORTED' : 'COMPLETED',
      start: new Date(start).toISOString(),
      end,
      lastUpdate: end,
      variables: {
        workflowdata: { n, greeting: 'hello' },
        initiatorEntity: initiatorOf(n, options),
      },
      nodes: ['Start', 'Greet', 'End'].map((name, at) => ({
        id: `node-${n}-${at}`,
        nodeId: String(at),
        definitionId: `definition-${at}`,
        name,
        type: 'ActionNode',
        enter: new Date(start).toISOString(),
        exit: end,
      })),
      endpoint: 'http://127.0.0.1/',
    });
  }
}

async function main() {
  const options: RemoteRuns = JSON.parse(process.env.BENCH_REMOTE_RUNS!);
  // The parent may end without a chance to say so.
  process.once('disconnect', () => process.exit());
  const dataIndex = await FakeDataIndex.start();
  dataIndex.mixesTies = false;
  const runtime = await FakeRuntime.start(dataIndex);
  for (let n = 0; n < options.workflows; n += 1) {
    const id = options.workflowPrefix + n;
    runtime.deploy({ id, behaviour: 'completes' });
  }
  fill(dataIndex, options);
  process.send!({ type: 'listening', url: dataIndex.url.href });
  const timer = setInterval(() => {
    if (!dataIndex.queries.has('Changed')) return;
    clearInterval(timer);
    process.send!({ type: 'asked' });
  }, 20);
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
