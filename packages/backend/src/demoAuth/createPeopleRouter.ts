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

import type { AuthService } from '@backstage/backend-plugin-api';
import { isUserEntity, stringifyEntityRef } from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import express from 'express';
import Router from 'express-promise-router';

/** One of the people to sign in as. */
export interface DemoPerson {
  readonly ref: string;
  readonly name: string;
  readonly about?: string;
}

/**
 * Serves `GET /demo/people`: those of the people whom the catalog knows by now, in the order of the configuration.
 */
export function createPeopleRouter(options: {
  auth: AuthService;
  catalog: CatalogService;
  people: readonly string[];
}): express.Router {
  const { auth, catalog, people } = options;
  const router = Router();
  router.get('/demo/people', async (_req, res) => {
    const { items } = await catalog.getEntitiesByRefs(
      { entityRefs: [...people] },
      { credentials: await auth.getOwnServiceCredentials() },
    );
    const known: DemoPerson[] = [];
    for (const entity of items) {
      if (entity && isUserEntity(entity)) {
        known.push({
          ref: stringifyEntityRef(entity),
          name: entity.spec.profile?.displayName ?? entity.metadata.name,
          about: entity.metadata.description,
        });
      }
    }
    res.json({ people: known });
  });
  return router;
}
