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

import type { JsonValue } from '@backstage/types';
import path from 'node:path';
import type { EmbeddedOpenApiAuth } from '../../config/EngineConfig';
import type { EmbeddedEngineOptions } from '../../engine/createEmbeddedEngine';
import { RestStub, type StubAnswer } from '../../__testUtils__/restStub';
import { ACCESS_TOKEN, featureSecrets } from './functionCases';

/** By route: the n-th call of a run gets the n-th answer, the last repeats. */
const ANSWERS: Readonly<Record<string, readonly StubAnswer[]>> = {
  'GET /value': [{ body: { value: 'first' } }],
  'GET /busy': [{ status: 503 }, { status: 500 }, { body: { fine: true } }],
  'GET /items/1': [{ body: { value: 'v1' } }],
  'GET /items/2': [{ body: { value: 'v2' } }],
  'GET /items/3': [{ body: { value: 'v3' } }],
  'GET /things/a%20b': [{ body: { name: 'N' } }],
  'PUT /things/a%20b': [{ body: { put: 1 } }],
  ...Object.fromEntries(
    ['bearer', 'basic', 'keyHeader', 'keyQuery', 'keyCookie', 'oAuth'].map(
      scheme => [`GET /with/${scheme}`, [{ body: { fine: true } }]],
    ),
  ),
  'GET /one': [{ body: { one: 1 } }],
  'GET /two': [{ body: { two: 2 } }],
  'GET /left': [{ body: { left: 1 } }],
  'GET /right': [{ body: { right: 1 } }],
  'GET /last': [{ body: { last: 1 } }],
  'GET /gone': [{ status: 410 }],
  'GET /teapot': [{ status: 418 }],
  'GET /flaky': [{ status: 503 }, { body: { fine: true } }],
  'GET /silent': [{ after: new Promise(() => {}) }],
  'POST /token': [
    {
      body: {
        access_token: ACCESS_TOKEN,
        token_type: 'Bearer',
        expires_in: 3600,
      } as JsonValue,
    },
  ],
};

/** Who may read the secrets of the features. */
const SECRET_READERS = [
  'authRef',
  'variables',
  'files',
  ...['Bearer', 'Basic', 'KeyHeader', 'KeyQuery', 'KeyCookie', 'OAuth'].map(
    scheme => `openapi${scheme}`,
  ),
];

/** The run that makes a call, by its Idempotency-Key. */
export function runOf(key: string): string {
  return key.split('.')[0];
}

/** What the definitions of the features call, with answers that depend on nothing but the calls that a run wants to make. */
export class FeatureServices {
  readonly stub: RestStub;

  private constructor(stub: RestStub) {
    this.stub = stub;
  }

  static async start(): Promise<FeatureServices> {
    return new FeatureServices(await RestStub.start());
  }

  /**
   * Forgets all calls. From then on the n-th call of a run to a route gets the n-th of its answers; a call that is sent again, by its
   * Idempotency-Key, gets the same again, as services do that know such keys.
   */
  reset(): void {
    this.stub.reset();
    for (const [route, list] of Object.entries(ANSWERS)) {
      const known = new Map<string, string[]>();
      this.stub.answer(route, ({ headers }) => {
        const key = String(headers['idempotency-key']);
        const run = runOf(key);
        const keys = known.get(run) ?? [];
        known.set(run, keys);
        if (!keys.includes(key)) {
          keys.push(key);
        }
        return list[Math.min(keys.indexOf(key), list.length - 1)];
      });
    }
  }

  /** The configuration of an engine that has all definitions of the features and may call the services. */
  get config(): NonNullable<EmbeddedEngineOptions['config']> {
    const { url } = this.stub;
    return {
      definitions: [{ folder: path.join(__dirname, '..', 'definitions') }],
      egress: [url],
      functions: new Map(
        ['get', 'post', 'item', 'one', 'two'].map(name => [
          name,
          { baseUrl: url },
        ]),
      ),
      openapi: new Map([
        [
          'service',
          {
            baseUrl: url,
            // The names of the secrets.
            auth: new Map<string, EmbeddedOpenApiAuth>([
              ['bearer', { token: 'token' }],
              ['basic', { username: 'user', password: 'password' }],
              ['keyHeader', { apiKey: 'apiKey' }],
              ['keyQuery', { apiKey: 'apiKey' }],
              ['keyCookie', { apiKey: 'apiKey' }],
              [
                'oAuth',
                {
                  clientId: 'clientId',
                  clientSecret: 'clientSecret',
                  tokenUrl: `${url}/token`,
                },
              ],
            ]),
          },
        ],
      ]),
      secrets: new Map(
        Object.entries(featureSecrets).map(([name, value]) => [
          name,
          { value, workflows: SECRET_READERS },
        ]),
      ),
      secretKey: 'the key of the feature tests',
      events: { sink: `${url}/sink`, crossWorkspace: [] },
    };
  }

  stop(): Promise<void> {
    return this.stub.stop();
  }
}
