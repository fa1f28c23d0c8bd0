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

import { ConfigReader } from '@backstage/config';
import { isPublicBaseUrl, refuseInsecureExposure } from './exposure';

describe('isPublicBaseUrl', () => {
  it.each([
    'http://localhost:7007',
    'http://127.0.0.1',
    'http://127.8.9.1',
    'http://0x7f.1',
    'http://2130706433',
    'http://10.1.2.3',
    'http://172.16.0.1',
    'http://172.31.255.255',
    'http://192.168.1.1',
    'http://[::1]:7007',
    'http://[fd00::1]',
    'http://[fe80::1]',
    'http://[::ffff:10.0.0.1]',
    'http://backstage',
    'http://portal.corp.internal',
    'http://portal.test',
    'http://portal.local',
    'http://a.localhost',
    'http://a.localhost.',
  ])('%s is not', url => {
    expect(isPublicBaseUrl(url)).toBe(false);
  });

  it.each([
    'https://portal.example.com',
    'http://8.8.8.8',
    'http://172.32.0.1',
    'http://172.15.0.1',
    'http://192.169.0.1',
    'http://[2001:db8::1]',
    'http://[::ffff:8.8.8.8]',
    'http://localhost.example.com',
    'http://internal.example.com',
    'http://portal.internal.example',
  ])('%s is', url => {
    expect(isPublicBaseUrl(url)).toBe(true);
  });
});

describe('refuseInsecureExposure', () => {
  const config = (
    baseUrl: string,
    extra: object = {},
    allowInsecureHost?: string,
  ) =>
    new ConfigReader({
      backend: { baseUrl, ...extra },
      ...(allowInsecureHost
        ? { orchestrator: { auth: { allowInsecureHost } } }
        : {}),
    });
  const open = { auth: { dangerouslyDisableDefaultAuthPolicy: true } };

  it('refuses a public base URL without authentication', () => {
    expect(() =>
      refuseInsecureExposure(config('https://a.example.com'), 'disabled'),
    ).toThrow(
      'Refused to start: orchestrator.auth.mode is disabled, and backend.baseUrl has the public host "a.example.com"',
    );
    expect(() =>
      refuseInsecureExposure(config('https://a.example.com', open), 'required'),
    ).toThrow('dangerouslyDisableDefaultAuthPolicy');
  });

  it('accepts a local one, and the one host that is allowed by name', () => {
    refuseInsecureExposure(config('http://localhost:7007', open), 'disabled');
    refuseInsecureExposure(config('https://a.example.com'), 'required');
    refuseInsecureExposure(config('https://a.example.com'), 'optional');
    refuseInsecureExposure(
      config('https://a.example.com', open, 'A.example.com'),
      'disabled',
    );
    expect(() =>
      refuseInsecureExposure(
        config('https://b.example.com', open, 'a.example.com'),
        'disabled',
      ),
    ).toThrow('Refused to start');
  });
});
