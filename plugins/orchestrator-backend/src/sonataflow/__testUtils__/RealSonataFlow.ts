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

import type { JsonObject, JsonValue } from '@backstage/types';

/** The SonataFlow that `yarn test:sonataflow` has started; scripts/sonataflow/control.mjs says what may be asked of it. */
export class RealSonataFlow {
  /** The address of the Data Index and of the runtime itself. */
  readonly service: string;
  readonly #control: string;

  private constructor(control: string, service: string) {
    this.#control = control;
    this.service = service;
  }

  /** @throws where the tests were not started by `yarn test:sonataflow` */
  static async find(): Promise<RealSonataFlow> {
    const control = process.env.SONATAFLOW_TEST_CONTROL;
    if (!control) {
      throw new Error('These tests are run by yarn test:sonataflow');
    }
    const { service } = await (await fetch(control)).json();
    return new RealSonataFlow(control, service);
  }

  /** The port of the service on 127.0.0.1. */
  get port(): number {
    return Number(new URL(this.service).port);
  }

  /** Starts the service, or ends it in order or as a crash would, and waits until that is done. */
  async turn(what: 'start' | 'stop' | 'kill'): Promise<void> {
    await this.#ask('POST', `/service/${what}`);
  }

  /** Leads the address that the Data Index gives for the runtime to a port of 127.0.0.1. */
  async leadRuntime(port: number): Promise<void> {
    await this.#ask('PUT', '/runtime', { port });
  }

  /** Gives the stub new answers by `METHOD /path`, and lets it forget what it was asked. */
  async resetStub(script: JsonObject = {}): Promise<void> {
    await this.#ask('PUT', '/stub', script);
  }

  /** The headers of what workflows called since the last reset, their names in small letters. */
  async headersSeen(): Promise<Record<string, string>[]> {
    const { calls } = (await this.#ask('GET', '/stub')) as {
      calls: { rawHeaders: string[] }[];
    };
    return calls.map(({ rawHeaders }) =>
      Object.fromEntries(
        rawHeaders
          .map((name, i) => [name.toLowerCase(), rawHeaders[i + 1]])
          .filter((_, i) => i % 2 === 0),
      ),
    );
  }

  /** Asks the database of the service. */
  async sql(text: string, values: JsonValue[] = []): Promise<JsonObject[]> {
    return (await this.#ask('POST', '/sql', { text, values })) as JsonObject[];
  }

  /** Asks the service as somebody else would, past our backend. */
  async direct(
    method: string,
    path: string,
    body?: JsonObject,
  ): Promise<JsonObject> {
    const response = await fetch(`${this.service}${path}`, {
      method,
      headers: body && { 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    return response.json();
  }

  /** What the Data Index has of a run. */
  async row(id: string): Promise<JsonObject | undefined> {
    const { data } = await this.direct('POST', '/graphql', {
      query:
        'query($id: String) { ProcessInstances(where: {id: {equal: $id}}) { id state businessKey variables } }',
      variables: { id },
    });
    return (data as { ProcessInstances: JsonObject[] }).ProcessInstances[0];
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
