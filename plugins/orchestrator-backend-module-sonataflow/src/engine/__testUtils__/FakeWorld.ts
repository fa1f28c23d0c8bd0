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

import { mockServices } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import type {
  EngineCall,
  StartRequest,
  WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { randomUUID } from 'node:crypto';
import { FakeDataIndex } from '../../__testUtils__/FakeDataIndex';
import { FakeRuntime } from '../../__testUtils__/FakeRuntime';
import type { SonataFlowConfig } from '../../config/SonataFlowConfig';
import { createSonataFlowEngine } from '../createSonataFlowEngine';

/** Every call of the tests is made by this caller. */
export const call: EngineCall = { caller: 'user:default/alice' };

/** A start with a new id. */
export function startOf(
  definitionId: string,
  input: JsonObject = {},
  provenance: Partial<StartRequest['provenance']> = {},
): StartRequest {
  return {
    definitionId,
    runId: randomUUID(),
    input,
    provenance: {
      initiator: 'user:default/alice',
      workspace: 'default',
      ...provenance,
    },
  };
}

/** A Data Index and a runtime of nobody's, and engines on them. */
export class FakeWorld {
  readonly dataIndex: FakeDataIndex;
  readonly runtime: FakeRuntime;
  readonly logger = mockServices.logger.mock();
  readonly #engines: WorkflowEngine[] = [];

  private constructor(dataIndex: FakeDataIndex, runtime: FakeRuntime) {
    this.dataIndex = dataIndex;
    this.runtime = runtime;
  }

  /** Starts both, with one workflow of each behaviour, named like it. */
  static async start(): Promise<FakeWorld> {
    const dataIndex = await FakeDataIndex.start();
    const runtime = await FakeRuntime.start(dataIndex);
    for (const behaviour of [
      'completes',
      'waits',
      'fails',
      'failsOnce',
    ] as const) {
      runtime.deploy({ id: behaviour, behaviour });
    }
    return new FakeWorld(dataIndex, runtime);
  }

  /** An engine on them; it is stopped with them. */
  engine(
    config: Partial<SonataFlowConfig> = {},
    options: { readonly now?: () => number } = {},
  ): WorkflowEngine {
    const engine = createSonataFlowEngine({
      config: { id: 'emea', dataIndexUrl: this.dataIndex.url, ...config },
      logger: this.logger,
      secondLookAfter: 0,
      ...options,
    });
    this.#engines.push(engine);
    return engine;
  }

  /** What was warned of. */
  get warnings(): string[] {
    return this.logger.warn.mock.calls.map(([message]) => message);
  }

  /** The starts that came to the runtime, with their headers by the names on the wire. */
  get starts(): {
    path: string;
    body: any;
    headers: Record<string, string>;
  }[] {
    return this.runtime.requests
      .filter(
        ({ method, path }) => method === 'POST' && path.includes('businessKey'),
      )
      .map(({ path, body, rawHeaders }) => ({
        path,
        body: JSON.parse(body),
        headers: Object.fromEntries(
          rawHeaders.flatMap((text, at) =>
            at % 2 === 0 ? [[text, rawHeaders[at + 1]]] : [],
          ),
        ),
      }));
  }

  async close(): Promise<void> {
    for (const engine of this.#engines) await engine.stop();
    await this.runtime.stop();
    await this.dataIndex.stop();
  }
}
