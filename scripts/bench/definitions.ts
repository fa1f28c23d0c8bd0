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

import fs from 'node:fs';
import path from 'node:path';

const workflows = path.join(__dirname, 'workflows');
const threeSteps = path.join(workflows, 'three-steps.sw.yaml');

/** The workflow that waits for an event, and the name that the event has there. */
export const WAITING = 'waits-for-event';
export const WAITED_FOR = 'approval';
/** The workflow with a callback, and the name of its event. */
export const ASKING = 'waits-for-answer';
export const ANSWER = 'answer';

/** The workflows that the lists are about: how many, and what their ids begin with. */
export const LISTED = 10;
export const LISTED_PREFIX = 'listed-';

/** The source of the workflow of three steps. */
export function threeStepsSource(): string {
  return fs.readFileSync(threeSteps, 'utf8');
}

/** Writes the workflow of three steps, those of the lists, which do the same, and those that wait. */
export function writeDefinitions(folder: string) {
  for (const id of [WAITING, ASKING]) {
    const file = `${id}.sw.yaml`;
    fs.copyFileSync(path.join(workflows, file), path.join(folder, file));
  }
  const listed = Array.from({ length: LISTED }, (_, n) => LISTED_PREFIX + n);
  for (const id of ['three-steps', ...listed]) {
    fs.writeFileSync(
      path.join(folder, `${id}.sw.yaml`),
      threeStepsSource().replace(/^id: .*$/m, `id: ${id}`),
    );
  }
}
