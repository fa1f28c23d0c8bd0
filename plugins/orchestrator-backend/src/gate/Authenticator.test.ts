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

import type { Request } from 'express';
import { OrchestratorError } from '../errors/OrchestratorError';
import { Authenticator } from './Authenticator';
import { invalidToken } from './BackstagePrincipals';
import type { PrincipalSource, Verified } from './PrincipalSource';

const START = 1_000_000;

function setup(options: { expiresAt?: number; rememberMs?: number } = {}) {
  let now = START;
  const verify = jest.fn(async (token: string): Promise<Verified> => {
    if (!token.startsWith('good')) throw invalidToken();
    return {
      principal: { type: 'external', ref: `external:${token}` },
      expiresAt: options.expiresAt,
    };
  });
  const source: PrincipalSource = {
    name: 'test',
    recognises: () => true,
    verify,
  };
  const metrics = {
    verified: jest.fn(),
    decided: jest.fn(),
    limited: jest.fn(),
  };
  const authenticator = new Authenticator({
    sources: [source],
    mode: 'required',
    rememberMs: options.rememberMs ?? 60_000,
    now: () => now,
    metrics,
  });
  return {
    verify,
    metrics,
    authenticate: (authorization?: string) =>
      authenticator.authenticate(
        {
          headers: authorization === undefined ? {} : { authorization },
          rawHeaders:
            authorization === undefined ? [] : ['Authorization', authorization],
        } as Request,
        { method: 'GET', path: '/' },
      ),
    at: (time: number) => {
      now = time;
    },
  };
}

describe('Authenticator', () => {
  it('remembers a credential for its time, to the millisecond', async () => {
    const { authenticate, verify, at, metrics } = setup();
    await authenticate('Bearer good');
    at(START + 59_999);
    await authenticate('Bearer good');
    expect(verify).toHaveBeenCalledTimes(1);
    at(START + 60_000);
    await authenticate('Bearer good');
    expect(verify).toHaveBeenCalledTimes(2);
    expect(metrics.verified.mock.calls).toEqual([
      ['test', true],
      ['remembered', true],
      ['test', true],
    ]);
  });

  it('never remembers a credential past its own end', async () => {
    const { authenticate, verify, at } = setup({ expiresAt: START + 1_000 });
    await authenticate('Bearer good');
    at(START + 999);
    await authenticate('Bearer good');
    expect(verify).toHaveBeenCalledTimes(1);
    at(START + 1_000);
    await authenticate('Bearer good');
    expect(verify).toHaveBeenCalledTimes(2);
    // It is at its end now, so it is not remembered at all.
    await authenticate('Bearer good');
    expect(verify).toHaveBeenCalledTimes(3);
  });

  it('tells tokens apart by the exact text', async () => {
    const { authenticate, verify } = setup();
    await authenticate('Bearer good');
    const other = await authenticate('Bearer good=');
    expect(verify).toHaveBeenCalledTimes(2);
    expect(other.principal.ref).toBe('external:good=');
  });

  it('remembers nothing that did not verify', async () => {
    const { authenticate, verify, metrics } = setup();
    for (let i = 0; i < 2; i += 1) {
      await expect(authenticate('Bearer bad')).rejects.toBeInstanceOf(
        OrchestratorError,
      );
    }
    expect(verify).toHaveBeenCalledTimes(2);
    expect(metrics.verified).toHaveBeenCalledWith('test', false);
  });

  it('remembers nothing where that is switched off', async () => {
    const { authenticate, verify } = setup({ rememberMs: 0 });
    await authenticate('Bearer good');
    await authenticate('Bearer good');
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it('refuses a caller that presents nothing', async () => {
    await expect(setup().authenticate()).rejects.toMatchObject({
      code: 'auth.missing_token',
    });
  });
});
