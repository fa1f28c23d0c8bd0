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
import path from 'node:path';
import type { FloodOrder, FloodReport } from './sender';

/** A flood of requests, sent by a process of its own. */
export class Flood {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Makes the process, which sends nothing yet. */
  static async create(): Promise<Flood> {
    const child = fork(path.join(__dirname, 'sender.ts'), {
      execArgv: ['--require', '@backstage/cli/config/nodeTransform.cjs'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const flood = new Flood(child);
    await flood.#message('ready');
    return flood;
  }

  begin(order: FloodOrder): void {
    this.#child.send({ order });
  }

  /**
   * Ends the flood.
   *
   * @throws where an answer was not one of those that are expected
   */
  async end(expected: readonly string[]): Promise<FloodReport> {
    const reported = this.#message('report');
    this.#child.send({ end: true });
    const report = (await reported) as FloodReport;
    for (const status of Object.keys(report.statuses)) {
      if (!expected.includes(status)) {
        throw new Error(`A flood was answered with ${status}`);
      }
    }
    return report;
  }

  /** Ends the process, whatever it does. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** What the process says under a name. */
  #message(name: 'ready' | 'report'): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) =>
        reject(new Error(`The flood ended with ${code}`));
      const said = (message: object | null) => {
        // The transform of TypeScript sends messages of its own.
        if (!message || !(name in message)) return;
        this.#child.off('message', said).off('exit', ended);
        resolve((message as Record<string, unknown>)[name]);
      };
      this.#child.on('message', said).once('exit', ended);
    });
  }
}
