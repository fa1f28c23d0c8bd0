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

import { execFile } from 'node:child_process';
import path from 'node:path';

const oracle = path.join(__dirname, '..', '__fixtures__', 'oracle');

describe('orchestrator-check-definitions', () => {
  const run = (...args: string[]) =>
    new Promise<{ code: number | null; output: string }>(resolve => {
      const child = execFile(
        process.execPath,
        [
          path.join(__dirname, '../../bin/orchestrator-check-definitions.js'),
          ...args,
        ],
        { cwd: oracle, env: { PATH: process.env.PATH } },
        (_error, stdout, stderr) =>
          resolve({ code: child.exitCode, output: stdout + stderr }),
      );
    });

  it('is a command', async () => {
    const refused = await run('refused');
    expect(refused.output).toContain('27 definitions: 3 supported, 24 refused');
    expect(refused.code).toBe(1);
    expect((await run('nothing')).code).toBe(1);
    expect((await run()).code).toBe(2);
  }, 120_000);
});
