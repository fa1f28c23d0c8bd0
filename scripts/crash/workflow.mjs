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

// The workflow that the crash interrupts: calls one after the other, whose results add up.
import fs from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';

/** How many calls a run makes. */
export const STEPS = 5;

/** Writes the definition into a folder of its own. */
export function writeWorkflow(folder, url) {
  fs.mkdirSync(folder, { recursive: true });
  const names = Array.from(
    { length: STEPS },
    (_, index) => `Step ${index + 1}`,
  );
  const definition = {
    id: 'crash',
    version: '1.0',
    specVersion: '0.8',
    name: 'Crash',
    start: 'Begin',
    functions: [
      { name: 'step', type: 'custom', operation: `rest:post:${url}/step` },
    ],
    states: [
      {
        name: 'Begin',
        type: 'inject',
        data: { steps: [] },
        transition: names[0],
      },
      ...names.map((name, index) => ({
        name,
        type: 'operation',
        actions: [
          {
            name: `Call ${index + 1}`,
            functionRef: { refName: 'step', arguments: { index: '.index' } },
            actionDataFilter: {
              results: `"${name}"`,
              toStateData: '.steps',
            },
          },
        ],
        ...(names[index + 1]
          ? { transition: names[index + 1] }
          : { end: true }),
      })),
    ],
  };
  fs.writeFileSync(path.join(folder, 'crash.sw.yaml'), stringify(definition));
}
