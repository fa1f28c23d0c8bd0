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

import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import authPlugin from '@backstage/plugin-auth-backend';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { authModuleDemo } from './module';

const entities = [
  {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'User',
    metadata: {
      name: 'alice',
      namespace: 'default',
      description: 'On the platform team',
    },
    spec: { profile: { displayName: 'Alice Andersen' } },
    relations: [{ type: 'memberOf', targetRef: 'group:default/platform' }],
  },
  {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'User',
    metadata: { name: 'mallory', namespace: 'default' },
    spec: {},
  },
];

async function start(people?: string[]) {
  const { server } = await startTestBackend({
    features: [
      authPlugin,
      authModuleDemo,
      catalogServiceMock.factory({ entities }),
      mockServices.rootConfig.factory({
        data: {
          app: { baseUrl: 'http://localhost:3000' },
          backend: { baseUrl: 'http://localhost:7007' },
          auth: people ? { providers: { demo: { people } } } : {},
        },
      }),
    ],
  });
  const base = `http://localhost:${server.port()}/api/auth/demo`;
  return {
    people: () => fetch(`${base}/people`),
    signIn: (headers: Record<string, string>) =>
      fetch(`${base}/refresh`, { headers }),
  };
}

describe('authModuleDemo', () => {
  const env = process.env.NODE_ENV;

  function setEnv(value: string | undefined) {
    Object.assign(process.env, { NODE_ENV: value });
  }

  afterEach(() => setEnv(env));

  it.each(['production', 'test'])(
    'refuses to start with NODE_ENV=%s',
    async value => {
      setEnv(value);
      await expect(start(['user:default/alice'])).rejects.toThrow(
        /auth\.providers\.demo .* works in development only/,
      );
    },
  );

  it('is not there unless it is configured', async () => {
    setEnv('production');
    const { people, signIn } = await start();
    expect((await people()).status).toBe(404);
    expect((await signIn({ 'x-demo-person': 'alice' })).status).toBe(404);
  });

  it('refuses to start with somebody who is no user', async () => {
    setEnv('development');
    await expect(
      start(['user:default/alice', 'group:default/platform']),
    ).rejects.toThrow(/people\[1\] is no ref of a user/);
  });

  describe('in development', () => {
    beforeEach(() => setEnv('development'));

    it('lists the people whom the catalog knows', async () => {
      const { people } = await start([
        'user:default/alice',
        'user:default/nobody',
      ]);
      const response = await people();
      expect(response.status).toBe(200);
      await expect(response.json()).resolves.toEqual({
        people: [
          {
            ref: 'user:default/alice',
            name: 'Alice Andersen',
            about: 'On the platform team',
          },
        ],
      });
    });

    it.each(['user:default/alice', 'alice', 'User:Default/Alice'])(
      'signs in as %s',
      async person => {
        const { signIn } = await start(['user:default/alice']);
        const response = await signIn({ 'x-demo-person': person });
        expect(response.status).toBe(200);
        const { backstageIdentity } = await response.json();
        expect(backstageIdentity.identity.userEntityRef).toBe(
          'user:default/alice',
        );
        expect(backstageIdentity.token).toEqual(expect.any(String));
      },
    );

    it.each([{ 'x-demo-person': 'mallory' }, { 'x-demo-person': '::/' }, {}])(
      'signs in nobody else: %p',
      async headers => {
        const { signIn } = await start(['user:default/alice']);
        const response = await signIn(headers as Record<string, string>);
        expect(response.status).toBe(401);
      },
    );
  });
});
