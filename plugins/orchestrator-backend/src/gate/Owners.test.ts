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

import type { Entity } from '@backstage/catalog-model';
import { mockServices } from '@backstage/backend-test-utils';
import { Owners } from './Owners';

const ALICE: Entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'User',
  metadata: { name: 'alice' },
  spec: { profile: { email: 'alice@example.com' } },
  relations: [
    { type: 'memberOf', targetRef: 'group:default/team' },
    { type: 'ownerOf', targetRef: 'component:default/api' },
  ],
};

function setup(rememberMs = 5_000) {
  let now = 1_000_000;
  const getEntitiesByRefs = jest.fn(
    async ({ entityRefs }: { entityRefs: string[] }) => ({
      items: entityRefs.map(ref =>
        ref === 'user:default/alice' ? ALICE : undefined,
      ),
    }),
  );
  const owners = new Owners({
    catalog: { getEntitiesByRefs } as never,
    auth: mockServices.auth(),
    rememberMs,
    now: () => now,
  });
  return {
    owners,
    getEntitiesByRefs,
    advance: (by: number) => {
      now += by;
    },
  };
}

describe('Owners', () => {
  it('are what the catalog says of them', async () => {
    const { owners } = setup();
    expect(await owners.find('user:default/alice')).toEqual({
      memberOf: ['group:default/team'],
      email: 'alice@example.com',
    });
    expect(await owners.find('user:default/gone')).toBeUndefined();
    expect(
      await owners.missing(['user:default/alice', 'user:default/gone']),
    ).toEqual(new Set(['user:default/gone']));
  });

  it('are asked for once in a while, and once by all who ask at a time', async () => {
    const { owners, getEntitiesByRefs, advance } = setup();
    const find = () => owners.find('user:default/alice');
    await Promise.all([find(), find()]);
    advance(4_999);
    await find();
    expect(getEntitiesByRefs).toHaveBeenCalledTimes(1);
    advance(1);
    await find();
    expect(getEntitiesByRefs).toHaveBeenCalledTimes(2);
  });

  it('stay known for five minutes while the catalog does not answer, to the millisecond', async () => {
    const { owners, getEntitiesByRefs, advance } = setup();
    const find = () => owners.find('user:default/alice');
    await find();
    getEntitiesByRefs.mockRejectedValue(new Error('down'));
    advance(300_000);
    expect(await find()).toMatchObject({ memberOf: ['group:default/team'] });
    advance(1);
    await expect(find()).rejects.toMatchObject({
      code: 'auth.policy_unavailable',
      status: 503,
    });
    await expect(owners.find('user:default/bob')).rejects.toMatchObject({
      code: 'auth.policy_unavailable',
    });
    await expect(owners.missing(['user:default/bob'])).rejects.toMatchObject({
      code: 'auth.policy_unavailable',
    });
  });
});
