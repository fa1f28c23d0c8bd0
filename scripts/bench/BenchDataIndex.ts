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

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { RemoteRuns } from './remoteRuns';

/** A Data Index in a process of its own. */
export class BenchDataIndex {
  readonly url: string;
  /** Resolves when it is asked for changes for the first time. */
  readonly asked: Promise<void>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string, asked: Promise<void>) {
    this.#child = child;
    this.url = url;
    this.asked = asked;
  }

  /** Starts one that has runs. */
  static async start(runs: RemoteRuns): Promise<BenchDataIndex> {
    const child = fork(path.join(__dirname, 'server/dataIndex.ts'), {
      execArgv: ['--require', '@backstage/cli/config/nodeTransform.cjs'],
      env: { ...process.env, BENCH_REMOTE_RUNS: JSON.stringify(runs) },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    // The transform of TypeScript sends messages of its own.
    const heard = (type: string) =>
      new Promise<{ url: string }>((resolve, reject) => {
        child.once('exit', code => reject(new Error(`It ended with ${code}`)));
        child.on('message', message => {
          if ((message as { type?: string }).type === type) {
            resolve(message as { url: string });
          }
        });
      });
    const asked = heard('asked').then(() => {});
    // Nobody may wait for it where the bench fails before.
    asked.catch(() => {});
    const { url } = await heard('listening');
    return new BenchDataIndex(child, url, asked);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}
