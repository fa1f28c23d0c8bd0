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
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { createWeatherRouter } from './createWeatherRouter';

/** A small REST service for the example workflow `weather` to call. It knows nothing that is worth protecting. */
export const demoWeatherPlugin = createBackendPlugin({
  pluginId: 'demo-weather',
  register({ registerInit }) {
    registerInit({
      deps: { httpRouter: coreServices.httpRouter },
      async init({ httpRouter }) {
        httpRouter.use(createWeatherRouter());
        httpRouter.addAuthPolicy({
          path: '/current',
          allow: 'unauthenticated',
        });
      },
    });
  },
});
