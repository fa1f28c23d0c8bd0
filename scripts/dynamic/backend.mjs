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

// A portal that has the orchestrator as a dynamic plugin: what it is made of itself has no plugin.
//   node scripts/dynamic/backend.mjs --config FILE
import Module from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBackend } from '@backstage/backend-defaults';
import { dynamicPluginsFeatureLoader } from '@backstage/backend-dynamic-feature-service';

const plugins = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  '../../plugins',
);

// The portal shares its packages with the plugin, and in this workspace the plugin's own are among them. Elsewhere they are not.
const resolveFilename = Module._resolveFilename;
Module._resolveFilename = (request, ...rest) => {
  const file = resolveFilename(request, ...rest);
  if (file.startsWith(`${plugins}${path.sep}`)) {
    const error = new Error(`Cannot find module '${request}'`);
    throw Object.assign(error, { code: 'MODULE_NOT_FOUND' });
  }
  return file;
};

const backend = createBackend();
backend.add(dynamicPluginsFeatureLoader);
await backend.start();
