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

// The workflows that the tokens start: one in each of two workspaces.
import fs from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';

/** In the workspace `default`. */
export const HELLO = 'hello';
/** In the workspace `payments`. */
export const PAY = 'pay';

/** Writes the definitions into a folder of their own. */
export function writeWorkflows(folder) {
  fs.mkdirSync(folder, { recursive: true });
  for (const [id, workspace] of [
    [HELLO, 'default'],
    [PAY, 'payments'],
  ]) {
    fs.writeFileSync(
      path.join(folder, `${id}.sw.yaml`),
      stringify({
        id,
        version: '1.0',
        specVersion: '0.8',
        name: id,
        metadata: { workspace },
        start: 'Only',
        states: [
          { name: 'Only', type: 'inject', data: { done: true }, end: true },
        ],
      }),
    );
  }
}
