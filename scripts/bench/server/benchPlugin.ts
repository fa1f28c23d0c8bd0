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
import type { JsonValue } from '@backstage/types';
import express from 'express';
import Router from 'express-promise-router';

/**
 * What the orchestrator is measured against: a route that is open and one behind Backstage's barrier, both answering with a body that
 * they were given before. It also signs plugin tokens as itself.
 */
export const benchPlugin = createBackendPlugin({
  pluginId: 'bench',
  register(env) {
    env.registerInit({
      deps: {
        auth: coreServices.auth,
        httpRouter: coreServices.httpRouter,
      },
      async init({ auth, httpRouter }) {
        const bodies = new Map<string, JsonValue>();
        const router = Router();
        router.put(
          '/open/bodies/:name',
          express.json({ limit: '1mb' }),
          async (req, res) => {
            bodies.set(req.params.name, req.body);
            res.status(200).json({});
          },
        );
        router.post('/open/plugin-tokens', express.json(), async (req, res) => {
          const tokens: string[] = [];
          for (let n = 0; n < Number(req.body.count); n += 1) {
            const { token } = await auth.getPluginRequestToken({
              onBehalfOf: await auth.getOwnServiceCredentials(),
              targetPluginId: String(req.body.target),
            });
            tokens.push(token);
          }
          res.json({ tokens });
        });
        for (const path of ['/open/:name', '/guarded/:name']) {
          router.get(path, (req, res) => {
            res.json(bodies.get(req.params.name));
          });
        }
        httpRouter.use(router);
        httpRouter.addAuthPolicy({ path: '/open', allow: 'unauthenticated' });
      },
    });
  },
});
