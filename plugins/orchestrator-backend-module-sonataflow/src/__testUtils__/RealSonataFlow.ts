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
import type { JsonObject, JsonValue } from '@backstage/types';
import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import {
  createSonataFlowEngine,
  type SonataFlowEngineOptions,
} from '../engine/createSonataFlowEngine';

/** A call that a workflow made. */
export interface ServiceCall {
  readonly method: string;
  readonly path: string;
  readonly body?: JsonValue;
  /** Names and values by turns, as they were sent. */
  readonly rawHeaders: readonly string[];
}

/** The SonataFlow that `yarn test:sonataflow` has started; scripts/sonataflow/control.mjs says what may be asked of it. */
export class RealSonataFlow {
  /** The address of the Data Index, below which `graphql` stands, and of the runtime itself. */
  readonly service: string;
  /** What the workflows call. */
  readonly stub: string;
  readonly #control: string;

  private constructor(
    control: string,
    addresses: { readonly service: string; readonly stub: string },
  ) {
    this.#control = control;
    this.service = addresses.service;
    this.stub = addresses.stub;
  }

  /** @throws where the tests were not started by `yarn test:sonataflow` */
  static async find(): Promise<RealSonataFlow> {
    const control = process.env.SONATAFLOW_TEST_CONTROL;
    if (!control) {
      throw new Error('These tests are run by yarn test:sonataflow');
    }
    return new RealSonataFlow(control, await (await fetch(control)).json());
  }

  /** Where the service takes CloudEvents. */
  get eventsUrl(): URL {
    return new URL('/events', this.service);
  }

  /** The port of the service on 127.0.0.1. */
  get port(): number {
    return Number(new URL(this.service).port);
  }

  /** An engine on its Data Index, which is asked at the service itself where the options say nothing else. */
  engine(
    options: Partial<SonataFlowEngineOptions['config']> = {},
  ): WorkflowEngine {
    return createSonataFlowEngine({
      config: {
        id: 'sonataflow',
        dataIndexUrl: new URL(this.service),
        ...options,
      },
      logger: mockServices.logger.mock(),
    });
  }

  /** Starts the service, or ends it in order or as a crash would, and waits until that is done. */
  async turn(what: 'start' | 'stop' | 'kill'): Promise<void> {
    await this.#ask('POST', `/service/${what}`);
  }

  /** Leads the address that the Data Index gives for the runtime to a port of 127.0.0.1, or to nowhere. */
  async leadRuntime(port: number | undefined): Promise<void> {
    await this.#ask('PUT', '/runtime', { port });
  }

  /** Gives the stub new answers by `METHOD /path`, and lets it forget what it was asked. */
  async resetStub(script: JsonObject = {}): Promise<void> {
    await this.#ask('PUT', '/stub', script);
  }

  /** What workflows called since the last reset. */
  async calls(): Promise<ServiceCall[]> {
    return ((await this.#ask('GET', '/stub')) as { calls: ServiceCall[] })
      .calls;
  }

  /** Removes all runs from the Data Index and the runtime. */
  async forgetRuns(): Promise<void> {
    await this.sql('truncate processes, process_instances cascade');
  }

  /** Asks the database of the service. */
  async sql(text: string, values: JsonValue[] = []): Promise<JsonObject[]> {
    return (await this.#ask('POST', '/sql', { text, values })) as JsonObject[];
  }

  async #ask(method: string, route: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.#control}${route}`, {
      method,
      body: body && JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.message);
    return answer;
  }
}
