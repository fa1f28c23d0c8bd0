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

import type { Config } from '@backstage/config';
import { isIP } from 'node:net';
import type { AuthMode } from './AuthConfig';

const LOCAL_SUFFIXES = ['.local', '.localhost', '.internal', '.test'];

function isPrivateIpv4(host: string): boolean {
  const [a, b] = host.split('.').map(Number);
  return (
    a === 127 ||
    a === 10 ||
    (a === 172 && b >= 16 && b <= 31) ||
    (a === 192 && b === 168) ||
    (a === 169 && b === 254)
  );
}

function isPrivateIpv6(host: string): boolean {
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  if (mapped) {
    const [high, low] = [parseInt(mapped[1], 16), parseInt(mapped[2], 16)];
    return isPrivateIpv4(
      [high >> 8, high & 255, low >> 8, low & 255].join('.'),
    );
  }
  // Unique local fc00::/7 and link-local fe80::/10.
  return (
    host === '::1' ||
    /^f[cd][0-9a-f]{2}:/.test(host) ||
    /^fe[89ab][0-9a-f]:/.test(host)
  );
}

/** Whether a base URL can be reached by more than the own machine or network, as far as its host tells. */
export function isPublicBaseUrl(baseUrl: string): boolean {
  // The URL class writes addresses in one form, whatever form they are given in.
  const host = new URL(baseUrl).hostname
    .toLocaleLowerCase('en-US')
    .replace(/^\[|\]$|\.$/g, '');
  switch (isIP(host)) {
    case 4:
      return !isPrivateIpv4(host);
    case 6:
      return !isPrivateIpv6(host);
    default:
      return (
        host.includes('.') &&
        !LOCAL_SUFFIXES.some(suffix => host.endsWith(suffix))
      );
  }
}

/**
 * Refuses to serve a public base URL without authentication.
 *
 * @throws Error where `mode: disabled` or a disabled default auth policy meets a public host that is not allowed by name
 */
export function refuseInsecureExposure(config: Config, mode: AuthMode): void {
  const baseUrl = config.getString('backend.baseUrl');
  const reasons = [
    ...(mode === 'disabled' ? ['orchestrator.auth.mode is disabled'] : []),
    ...(config.getOptionalBoolean(
      'backend.auth.dangerouslyDisableDefaultAuthPolicy',
    )
      ? ['backend.auth.dangerouslyDisableDefaultAuthPolicy is set']
      : []),
  ];
  if (reasons.length === 0 || !isPublicBaseUrl(baseUrl)) {
    return;
  }
  const host = new URL(baseUrl).hostname;
  const allowed = config.getOptionalString(
    'orchestrator.auth.allowInsecureHost',
  );
  if (allowed?.toLocaleLowerCase('en-US') === host) {
    return;
  }
  throw new Error(
    `Refused to start: ${reasons.join(
      ' and ',
    )}, and backend.baseUrl has the public host "${host}". Set orchestrator.auth.allowInsecureHost to "${host}" only where everybody who reaches it may start workflows`,
  );
}
