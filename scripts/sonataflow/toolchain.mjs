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

// What building and running SonataFlow needs of a machine.
import { spawnSync } from 'node:child_process';

/** The first version of Java that SonataFlow 10 runs on. */
const JAVA = 17;

function outputOf(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
  });
  return status === 0 ? `${stdout}\n${stderr}` : undefined;
}

/** What is missing, in words; empty where all is there. */
export function missingTools() {
  const missing = [];
  const java = outputOf('java', ['-version']);
  const version = Number(/version "(\d+)/.exec(java ?? '')?.[1]);
  if (!(version >= JAVA)) {
    missing.push(
      java === undefined
        ? `Java ${JAVA} or newer`
        : `Java ${JAVA} or newer (here is ${version || 'an unknown version'})`,
    );
  }
  if (outputOf('mvn', ['--version']) === undefined) missing.push('Maven');
  return missing;
}
