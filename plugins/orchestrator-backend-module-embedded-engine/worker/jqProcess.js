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

'use strict';

/*
 * The process in which jq runs, so that it can be ended from outside and takes nothing with it when its memory is at an end. It is plain
 * JavaScript: Node must be able to load it as it is, in development, in tests and from the published package.
 *
 * One line of JSON comes in for each request; for each, one line goes out: the milliseconds it took, and its answer. They are written
 * before the next request begins, so that whoever reads them knows which one is at work.
 */

const { writeFileSync, writeSync } = require('node:fs');
const path = require('node:path');
const { performance } = require('node:perf_hooks');
const { Worker } = require('node:worker_threads');
const { answer } = require('./programs');
const { setSizes } = require('./jq/sizes');

const { maxLength, memoryMb } = JSON.parse(process.argv[2]);
setSizes({ memoryMb, maxLength });

try {
  // Where the machine is out of memory, Linux is to end this process and not the one that it works for.
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // not Linux
}

function write(line) {
  const bytes = Buffer.from(`${line}\n`);
  for (let at = 0; at < bytes.length; ) {
    at += writeSync(1, bytes, at);
  }
}

/** The beginning of a line whose end has not come yet. */
let parts = [];

process.stdin.setEncoding('utf8');
process.stdin.on('data', chunk => {
  const lines = chunk.split('\n');
  for (let i = 0; i < lines.length - 1; i += 1) {
    const line = i === 0 ? parts.join('') + lines[0] : lines[i];
    const begin = performance.now();
    const text = answer(JSON.parse(line), maxLength);
    write(`${Math.round((performance.now() - begin) * 1000) / 1000} ${text}`);
  }
  if (lines.length > 1) {
    parts = [];
  }
  parts.push(lines[lines.length - 1]);
});
// Whoever it works for has ended it, or is gone.
process.stdin.on('close', () => process.exit());

// An expression that never ends would not let this process see that.
new Worker(path.join(__dirname, 'watchParent.js'), {
  workerData: { parent: process.ppid },
}).unref();

write('ready');
