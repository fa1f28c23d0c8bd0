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

// A backend with the orchestrator and what it is measured against, in a process of its own. It says over the process's channel
// when it is up.
import { createBackend } from '@backstage/backend-defaults';
import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { ConfigReader } from '@backstage/config';
import { benchPolicy, benchSignIn } from './benchIdentities';
import { benchPlugin } from './benchPlugin';

async function main() {
  const backend = createBackend();
  backend.add(
    createServiceFactory({
      service: coreServices.rootConfig,
      deps: {},
      factory: () => new ConfigReader(JSON.parse(process.env.BENCH_CONFIG!)),
    }),
  );
  backend.add(import('@backstage/plugin-auth-backend'));
  backend.add(import('@backstage/plugin-permission-backend'));
  backend.add(import('@flowgate/backstage-plugin-orchestrator-backend'));
  backend.add(benchSignIn);
  backend.add(benchPolicy);
  backend.add(benchPlugin);
  // The parent may end without a chance to say so.
  process.once('disconnect', () => process.exit());
  await backend.start();
  process.send!({ type: 'started' });
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
