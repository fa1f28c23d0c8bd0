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
import { ConfigReader } from '@backstage/config';
import { createHash } from 'node:crypto';
import { readAuthConfig } from '../config/readAuthConfig';
import { BootstrapPrincipals } from './BootstrapPrincipals';

const TOKEN = 'a-token-of-at-least-32-characters!';
const END = Date.UTC(2027, 0, 1);

const read = (bootstrap: object) =>
  readAuthConfig(
    new ConfigReader({
      orchestrator: { auth: { bootstrap: bootstrap as never } },
    }),
  ).bootstrap!;

describe('the bootstrap token', () => {
  it.each([
    ['ISO', '2027-01-01T00:00:00Z'],
    ['ISO with an offset', '2027-01-01T02:00:00+02:00'],
    ['a day', '2027-01-01'],
    ['seconds', END / 1000],
    ['seconds as text', String(END / 1000)],
    ['milliseconds', END],
  ])('ends at an instant given as %s', (_name, expiresAt) => {
    expect(
      read({ token: TOKEN, scopes: ['tokens:admin'], expiresAt }).expiresAt,
    ).toBe(END);
  });

  it.each([
    [
      { token: TOKEN, scopes: ['tokens:admin'], expiresAt: 'next year' },
      'neither ISO 8601',
    ],
    [
      {
        token: TOKEN,
        scopes: ['tokens:admin'],
        expiresAt: '2027-02-31T00:00:00Z',
      },
      'neither ISO 8601',
    ],
    [
      {
        token: TOKEN,
        scopes: ['tokens:admin'],
        expiresAt: '2027-01-01T00:00:00',
      },
      'neither ISO 8601',
    ],
    [
      { token: TOKEN, scopes: ['tokens:admin'], expiresAt: -1 },
      'neither ISO 8601',
    ],
    [{ token: 'a'.repeat(31), scopes: ['tokens:admin'] }, 'shorter than 32'],
    [{ token: `${TOKEN} x`, scopes: ['tokens:admin'] }, 'no header can carry'],
    [{ tokenSha256: 'abc', scopes: ['tokens:admin'] }, 'hex of a SHA-256'],
    [{ token: TOKEN, scopes: [] }, 'is empty'],
    [{ token: TOKEN, scopes: ['tokens:fly'] }, 'unknown scope'],
    [{ scopes: ['tokens:admin'] }, 'either token or tokenSha256'],
    [
      { token: TOKEN, tokenSha256: '0'.repeat(64), scopes: ['tokens:admin'] },
      'either token or tokenSha256',
    ],
    [
      { token: TOKEN, scopes: ['tokens:admin'], expiry: 5 },
      'unknown keys: expiry',
    ],
  ])('is refused at start as %j', (config, message) => {
    expect(() => read(config)).toThrow(message);
    expect(() => read(config)).not.toThrow(TOKEN);
  });

  it.each([
    ['in the clear', { token: TOKEN }],
    [
      'by its hash',
      {
        tokenSha256: createHash('sha256')
          .update(TOKEN)
          .digest('hex')
          .toUpperCase(),
      },
    ],
  ])('is known when configured %s, and nothing else is', async (_name, how) => {
    const logger = mockServices.logger.mock();
    const source = new BootstrapPrincipals({
      config: read({ ...how, scopes: ['tokens:admin'] }),
      logger,
      now: () => 0,
    });
    expect(source.recognises(TOKEN)).toBe(true);
    expect(source.recognises(`${TOKEN}x`)).toBe(false);
    expect(source.recognises('')).toBe(false);
    expect((await source.verify()).principal).toMatchObject({
      type: 'token',
      ref: 'token:bootstrap',
      tokenId: 'bootstrap',
    });
    expect(logger.warn).toHaveBeenCalledTimes(1);
    expect(logger.warn.mock.calls.join()).toContain('never expires');
    expect(logger.warn.mock.calls.join()).not.toContain(TOKEN);
  });

  it('is refused from the millisecond on at which it ends', async () => {
    let now = END - 1;
    const source = new BootstrapPrincipals({
      config: read({ token: TOKEN, scopes: ['tokens:admin'], expiresAt: END }),
      logger: mockServices.logger.mock(),
      now: () => now,
    });
    await expect(source.verify()).resolves.toMatchObject({ expiresAt: END });
    now = END;
    await expect(source.verify()).rejects.toMatchObject({
      code: 'auth.token_expired',
      status: 401,
    });
  });
});
