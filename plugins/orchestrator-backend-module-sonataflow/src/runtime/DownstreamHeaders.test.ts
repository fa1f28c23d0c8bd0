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

import { mockServices } from '@backstage/backend-test-utils';
import { HostPatterns } from '../config/HostPatterns';
import { mergeSettings } from '../config/readSettings';
import type { SonataFlowConfig } from '../config/SonataFlowConfig';
import { DownstreamHeaders } from './DownstreamHeaders';
import { ServiceAddress } from './ServiceAddress';

const SERVICE = ServiceAddress.parse('https://pay.workflows.svc/base')!;
const hosts = new HostPatterns(['*.workflows.svc', 'localhost']);

describe('DownstreamHeaders', () => {
  const setUp = (settings: Partial<SonataFlowConfig>) => {
    const logger = mockServices.logger.mock();
    const config = {
      ...mergeSettings(settings),
      id: 'emea',
      dataIndexUrl: new URL('http://index.test'),
    };
    const pluginToken = jest.fn(
      async (plugin: string): Promise<string | undefined> => `minted-${plugin}`,
    );
    const headers = new DownstreamHeaders(config, logger);
    return {
      logger,
      pluginToken,
      of: (
        authTokens: { provider: string; token: string }[] = [],
        service = SERVICE,
      ) => headers.of(service, { authTokens, pluginToken }),
    };
  };
  const GITHUB = { provider: 'gitHub-Two', token: 'gh-secret' };

  it('are none unless they are configured', async () => {
    const { of, pluginToken, logger } = setUp({});
    expect(await of([GITHUB, { provider: 'backstage', token: 'x' }])).toEqual(
      {},
    );
    expect(pluginToken).not.toHaveBeenCalled();
    expect(logger.warn).toHaveBeenCalledTimes(1);
    expect(logger.warn.mock.calls[0][0]).toContain('authTokens is not set');
    expect(JSON.stringify(logger.warn.mock.calls)).not.toContain('gh-secret');
  });

  it('are those that callers give along, with names as RHDH writes them', async () => {
    const { of } = setUp({ authTokens: { hosts } });
    expect(await of([GITHUB, { provider: 'x', token: 'y' }])).toEqual({
      'X-Authorization-Github-two': 'gh-secret',
      'X-Authorization-X': 'y',
    });
    expect(await of([])).toEqual({});
  });

  it('are those of listed providers only', async () => {
    const { of, logger } = setUp({
      authTokens: { hosts, providers: ['gitlab'] },
    });
    const given = [GITHUB, { provider: 'GitLab', token: 'gl' }];
    expect(await of(given)).toEqual({ 'X-Authorization-Gitlab': 'gl' });
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });

  it.each([
    'backstage',
    'BackStage',
    'Backstage-Catalog',
    '',
    'a b',
    'a:',
    'a\r\nX',
    '-a',
    '1a',
    'é',
    'x'.repeat(65),
  ])('are refused for the provider %p', async provider => {
    const { of } = setUp({ authTokens: { hosts } });
    const given = [GITHUB, { provider, token: 't' }];
    await expect(of(given)).rejects.toMatchObject({
      name: 'InputError',
      faults: [{ path: 'authTokens/1/provider' }],
    });
  });

  it.each(['a\r\nX-Evil: 1', 'a\nb', 'a\0b', '', 'é', '\x7f'])(
    'are refused for the token %p, which the refusal does not quote',
    async token => {
      const { of } = setUp({ authTokens: { hosts } });
      const error = await of([{ provider: 'a', token }]).catch(e => e);
      expect(error).toMatchObject({
        name: 'InputError',
        message: 'authTokens/0/token has characters that no header can have',
        faults: [
          {
            path: 'authTokens/0/token',
            message: 'has characters that no header can have',
          },
        ],
      });
    },
  );

  it('are a token for the one plugin that is named, by two names', async () => {
    const { of } = setUp({ forwardToken: { plugins: ['catalog'], hosts } });
    expect(await of()).toEqual({
      'X-Authorization-Backstage-Catalog': 'minted-catalog',
      'X-Authorization-Backstage': 'minted-catalog',
    });
  });

  it('are a token for each plugin, none of which stands for all', async () => {
    const plugins = ['catalog', 'my-Plugin'.toLowerCase()];
    const { of } = setUp({ forwardToken: { plugins, hosts } });
    expect(await of()).toEqual({
      'X-Authorization-Backstage-Catalog': 'minted-catalog',
      'X-Authorization-Backstage-My-plugin': 'minted-my-plugin',
    });
  });

  it('leave out a token that is not minted for the caller', async () => {
    const { of, pluginToken } = setUp({
      forwardToken: { plugins: ['catalog'], hosts },
    });
    pluginToken.mockResolvedValue(undefined);
    expect(await of()).toEqual({});
  });

  it('are not sent where a token cannot be minted now', async () => {
    const { of, pluginToken } = setUp({
      forwardToken: { plugins: ['catalog'], hosts },
    });
    pluginToken.mockRejectedValue(new Error('down'));
    await expect(of()).rejects.toThrow('down');
  });

  it.each([
    'https://workflows.svc',
    'https://pay.workflows.svc.evil.test',
    'http://169.254.169.254',
  ])('are not for %s, and no token is even minted', async text => {
    const { of, pluginToken, logger } = setUp({
      forwardToken: { plugins: ['catalog'], hosts },
      authTokens: { hosts },
    });
    const service = ServiceAddress.parse(text)!;
    expect(await of([GITHUB], service)).toEqual({});
    expect(await of([GITHUB], service)).toEqual({});
    expect(pluginToken).not.toHaveBeenCalled();
    expect(logger.warn).toHaveBeenCalledTimes(2);
    const said = JSON.stringify(logger.warn.mock.calls);
    expect(said).toContain('forwardToken.hosts');
    expect(said).toContain('authTokens.hosts');
    expect(said).not.toContain('gh-secret');
  });

  it('warn once where they can be read on the way', async () => {
    const { of, logger } = setUp({ authTokens: { hosts } });
    for (const text of ['http://localhost:1', 'https://a.workflows.svc']) {
      await of([GITHUB], ServiceAddress.parse(text)!);
    }
    expect(logger.warn).not.toHaveBeenCalled();
    const readable = ServiceAddress.parse('http://a.workflows.svc')!;
    await of([GITHUB], readable);
    await of([GITHUB], readable);
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });
});
