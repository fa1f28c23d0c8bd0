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

import type { GrantedAccess } from '../gate/GrantedAccess';
import { createExplainRoutes } from './explainRoutes';

describe('the request for an explanation', () => {
  const findToken = jest.fn(async () => undefined);
  const access = {
    principal: { type: 'user', ref: 'user:default/carol' },
    ownerRefs: async () => ['user:default/carol'],
    requireScopes: () => {},
    requirePolicy: async () => {},
  } as unknown as GrantedAccess;
  const explain = (body: object) =>
    createExplainRoutes({
      gate: {} as never,
      findWorkflow: async () => undefined,
      findToken,
    }).explain({
      access,
      body: { scope: 'workflows:read', ...body },
      path: {},
      query: {},
      headers: {},
      res: {} as never,
      renew: async () => access,
    });

  beforeEach(() => findToken.mockClear());

  it.each(['token:\0', 'user:default/a\0', 'external:\ud800'])(
    'asks nobody for what no database takes: %j',
    async principal => {
      await expect(explain({ principal })).rejects.toMatchObject({
        code: 'request.invalid',
        details: { faults: [{ path: 'body/principal' }] },
      });
      expect(findToken).not.toHaveBeenCalled();
    },
  );

  it('finds no token that is not there', async () => {
    await expect(explain({ principal: 'token:x' })).rejects.toMatchObject({
      code: 'token.not_found',
    });
    expect(findToken).toHaveBeenCalledWith('x');
  });
});
