#!/usr/bin/env node
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

const fs = require('node:fs');
const path = require('node:path');

// In this repository the sources are what there is; a published package has none.
if (fs.existsSync(path.join(__dirname, '../src'))) {
  require('@backstage/cli/config/nodeTransform.cjs');
}
const {
  runDefinitionsCheck,
} = require('@flowgate/backstage-plugin-orchestrator-backend-module-embedded-engine/check');

runDefinitionsCheck(process.argv.slice(2), {
  env: process.env,
  folder: process.cwd(),
  print: text => console.log(text),
}).then(
  code => {
    process.exitCode = code;
  },
  error => {
    // Nothing of the message: it may quote the configuration or a definition.
    console.error(
      `The check failed: ${error instanceof Error ? error.name : 'no error'}`,
    );
    process.exitCode = 2;
  },
);
