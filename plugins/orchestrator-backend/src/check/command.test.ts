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
import { folder, SECRETS } from './__testUtils__/check';

describe('orchestrator-check-config', () => {
  const run = (...args: string[]) =>
    new Promise<{ code: number | null; output: string }>(resolve => {
      const child = execFile(
        process.execPath,
        [
          path.join(__dirname, '../../bin/orchestrator-check-config.js'),
          ...args,
        ],
        { cwd: folder, env: { PATH: process.env.PATH, ...SECRETS } },
        (_error, stdout, stderr) =>
          resolve({ code: child.exitCode, output: stdout + stderr }),
      );
    });

  it('is a command', async () => {
    const started = await run('--config', 'rhdh.yaml');
    expect(started.output).toContain('The backend would start');
    expect(started.code).toBe(0);
    expect((await run('--config', 'refused.yaml')).code).toBe(1);
    expect((await run('--config', 'missing.yaml')).code).toBe(2);
  }, 120_000);
});
