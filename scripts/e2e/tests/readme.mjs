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

// The lines of the README, as somebody who copies them runs them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { promisify } from 'node:util';

const README = new URL('../../../README.md', import.meta.url);
/** Where the README expects the backend. */
const README_URL = 'http://localhost:7007';

/** The first shell lines of a chapter. */
function linesOf(chapter) {
  const [, text] = fs
    .readFileSync(README, 'utf8')
    .split(new RegExp(`^## ${chapter}$`, 'm'));
  const [, lines] = text?.match(/^```sh\n(.*?)^```$/ms) ?? [];
  assert.ok(lines, `The README has no shell lines under ${chapter}`);
  return lines;
}

export const readmeTests = [
  {
    name: 'the lines of the README make, use, rotate and revoke a token',
    async run({ baseUrl }) {
      const lines = linesOf('Tokens').replaceAll(README_URL, baseUrl);
      const { stdout } = await promisify(execFile)('bash', [
        ...['-e', '-u', '-o', 'pipefail', '-c'],
        `${lines}\necho; echo "$ID $SECRET $NEW_SECRET"`,
      ]);
      const [id, secret, newSecret] = stdout
        .trim()
        .split('\n')
        .at(-1)
        .split(' ');
      assert.match(id, /^[0-9A-Za-z]{12}$/);
      assert.ok(secret.startsWith(`orch_pat_${id}`));
      assert.ok(newSecret.startsWith(`orch_pat_${id}`));
      assert.notEqual(newSecret, secret);
      // What the lines say that they print, in their order.
      assert.match(
        stdout,
        /"id": ?"[^"]{36}".*auth\.missing_scope.*"status": ?"revoked".*auth\.token_revoked/s,
      );
    },
  },
];
