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
 * The thread in which jq runs, so that it can be ended from outside. It is plain JavaScript: a thread must be able to load it as it
 * is, in development, in tests and from the published package.
 */

const { parentPort, workerData } = require('node:worker_threads');
const { answer } = require('./programs');

const { progress, maxLength } = workerData;
const position = new Int32Array(progress);

parentPort.on('message', requests => {
  const answers = requests.map((request, i) => {
    // Says which request is at work, should the thread be ended over it.
    Atomics.store(position, 0, i);
    return answer(request, maxLength);
  });
  parentPort.postMessage(answers);
});

parentPort.postMessage('ready');
