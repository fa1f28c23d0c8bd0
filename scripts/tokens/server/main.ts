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

// A backend with the demo's people and policy, whose orchestrator lives by a clock that the parent moves. It says over the process's
// channel when it is up, and when the clock is where it was told to be.
import { createBackend } from '@backstage/backend-defaults';
import { createServiceFactory } from '@backstage/backend-plugin-api';
import { orchestratorClockServiceRef } from '@flowgate/backstage-plugin-orchestrator-node';
import { authModuleDemo } from '../../../packages/backend/src/demoAuth/module';
import { permissionModuleDemoPolicy } from '../../../packages/backend/src/demoPolicy/module';
import { writeTelemetry } from './telemetry';

/** What the parent says. */
interface Message {
  readonly type?: string;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

async function main() {
  let now = Number(process.env.TOKENS_NOW);
  process.on('message', ({ type, now: wanted }: Message) => {
    if (type !== 'clock' || wanted === undefined) return;
    now = wanted;
    process.send!({ type: 'clock' });
  });
  // The parent may end without a chance to say so.
  process.once('disconnect', () => process.exit());

  writeTelemetry();
  const backend = createBackend();
  backend.add(
    createServiceFactory({
      service: orchestratorClockServiceRef,
      deps: {},
      factory: () => ({ now: () => now }),
    }),
  );
  backend.add(import('@backstage/plugin-catalog-backend'));
  backend.add(import('@backstage/plugin-auth-backend'));
  backend.add(import('@backstage/plugin-permission-backend'));
  backend.add(import('@flowgate/backstage-plugin-orchestrator-backend'));
  backend.add(authModuleDemo);
  backend.add(permissionModuleDemoPolicy);
  await backend.start();
  process.send!({ type: 'started' });
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
