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

import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { isNotStarted } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Principal } from '../gate/Principal';
import { createDownstream } from './downstreamCredentials';

const credentials = mockCredentials.user('user:default/alice');
const USER: Principal = {
  type: 'user',
  ref: 'user:default/alice',
  credentials,
};

function create() {
  const mint = { getPluginRequestToken: jest.fn(async () => ({ token: 't' })) };
  const logger = mockServices.logger.mock();
  return { mint, logger, downstream: createDownstream(mint, logger) };
}

describe('what a workflow may be given', () => {
  it('is what the caller gave along, and nothing of its own', () => {
    const { downstream } = create();
    const authTokens = [{ provider: 'github', token: 'gh-token' }];
    expect(downstream(USER, authTokens).authTokens).toEqual(authTokens);
    const without = downstream(USER, undefined);
    expect(without.authTokens).toEqual([]);
    expect(JSON.stringify(without)).not.toContain('alice');
  });

  it('is a token for another plugin on behalf of the user, when it is asked for', async () => {
    const { downstream, mint } = create();
    const given = downstream({ ...USER, actor: 'plugin:scaffolder' }, []);
    expect(mint.getPluginRequestToken).not.toHaveBeenCalled();
    expect(await given.pluginToken('catalog')).toBe('t');
    expect(mint.getPluginRequestToken).toHaveBeenCalledWith({
      onBehalfOf: credentials,
      targetPluginId: 'catalog',
    });
  });

  it.each<[string, Principal]>([
    ['plugin', { ...USER, type: 'plugin', ref: 'plugin:nightly' }],
    ['external caller', { ...USER, type: 'external', ref: 'external:ci' }],
    ['personal token', { ...USER, type: 'token', tokenId: 'abc' }],
    ['anonymous caller', { type: 'anonymous', ref: 'anonymous' }],
    ['user without credentials', { ...USER, credentials: undefined }],
  ])('is no such token for a %s', async (_who, principal) => {
    const { downstream, mint } = create();
    const given = downstream(principal, []);
    expect(await given.pluginToken('catalog')).toBeUndefined();
    expect(mint.getPluginRequestToken).not.toHaveBeenCalled();
  });

  it('is no token of who runs again what somebody else started', async () => {
    const { downstream } = create();
    const authTokens = [{ provider: 'github', token: 'gh-token' }];
    const bobs = { initiator: 'user:default/bob' };
    const given = downstream(USER, authTokens, bobs);
    expect(await given.pluginToken('catalog')).toBeUndefined();
    expect(given.authTokens).toEqual(authTokens);
    const own = downstream(USER, [], { initiator: USER.ref });
    expect(await own.pluginToken('catalog')).toBe('t');
  });

  it('is never a token for the orchestrator itself', async () => {
    const { downstream, mint } = create();
    const error = await downstream(USER, [])
      .pluginToken('orchestrator')
      .catch(thrown => thrown);
    expect(error).toMatchObject({ name: 'NotAllowedError' });
    expect(isNotStarted(error)).toBe(true);
    expect(mint.getPluginRequestToken).not.toHaveBeenCalled();
  });

  it('says without details where no token can be had', async () => {
    const { downstream, mint, logger } = create();
    mint.getPluginRequestToken.mockRejectedValue(new Error('http://10.0.0.1'));
    const error = await downstream(USER, [])
      .pluginToken('catalog')
      .catch(thrown => thrown);
    expect(error).toMatchObject({ name: 'ServiceUnavailableError' });
    expect(isNotStarted(error)).toBe(true);
    expect(String(error) + logger.warn.mock.calls).not.toContain('10.0.0.1');
  });
});
