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

import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import {
  authProvidersExtensionPoint,
  createProxyAuthProviderFactory,
} from '@backstage/plugin-auth-node';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { createDemoAuthenticator } from './createDemoAuthenticator';
import { createPeopleRouter } from './createPeopleRouter';
import { readDemoPeople } from './readDemoPeople';

/**
 * Signs in as one of the example people, without a password: a demo only. Without `auth.providers.demo` in the configuration it
 * does nothing; with it, it refuses to start outside development.
 */
export const authModuleDemo = createBackendModule({
  pluginId: 'auth',
  moduleId: 'demo-provider',
  register({ registerInit }) {
    registerInit({
      deps: {
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        httpRouter: coreServices.httpRouter,
        logger: coreServices.logger,
        providers: authProvidersExtensionPoint,
      },
      async init({ auth, catalog, config, httpRouter, logger, providers }) {
        const people = readDemoPeople(config);
        if (!people) {
          return;
        }
        // The auth plugin only warns where a provider fails to be made in development, so this has to come before.
        if (process.env.NODE_ENV !== 'development') {
          throw new Error(
            'auth.providers.demo lets anybody sign in as anybody and works in development only (NODE_ENV=development). Remove it from the configuration.',
          );
        }
        logger.warn(
          'Anybody who reaches this backend can sign in as any of the example people (auth.providers.demo)',
        );
        providers.registerProvider({
          providerId: 'demo',
          factory: createProxyAuthProviderFactory({
            authenticator: createDemoAuthenticator(people),
            signInResolver: async (info, ctx) =>
              ctx.signInWithCatalogUser({ entityRef: info.result.userRef }),
          }),
        });
        httpRouter.use(createPeopleRouter({ auth, catalog, people }));
      },
    });
  },
});
