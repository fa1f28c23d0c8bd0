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

/** Whether a host is one of a list; an entry that begins with a dot stands for a domain and all below it. */
function isListed(host: string, list: readonly string[]): boolean {
  const name = host.toLowerCase();
  return list.some(entry => {
    const wanted = entry.trim().toLowerCase();
    if (wanted === '') return false;
    return wanted.startsWith('.')
      ? name === wanted.slice(1) || name.endsWith(wanted)
      : name === wanted;
  });
}

/**
 * Checks the address of Loki. Messages do not repeat it, since it can hold a password.
 *
 * @param text - as it is configured
 * @returns the address without a slash at its end
 * @throws Error where it must not be used
 */
export function readBaseUrl(
  text: string,
  options: {
    readonly key: string;
    readonly allowedHosts: readonly string[];
    readonly allowInsecureHttp: boolean;
    readonly isProduction: boolean;
  },
): string {
  const { key } = options;
  const trimmed = text.trim();
  if (!URL.canParse(trimmed)) {
    throw new Error(`${key} must be an absolute URL`);
  }
  const url = new URL(trimmed);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new Error(`${key} must begin with https:// or http://`);
  }
  if (url.username || url.password) {
    throw new Error(`${key} must not have a user or a password`);
  }
  if (url.search || url.hash) {
    throw new Error(`${key} must not have a query or a fragment`);
  }
  if (
    url.protocol === 'http:' &&
    options.isProduction &&
    !options.allowInsecureHttp
  ) {
    throw new Error(
      `${key} must begin with https:// in production, or the token could be read on its way; allowInsecureHttp: true says that it may`,
    );
  }
  const hosts = options.allowedHosts.filter(host => host.trim() !== '');
  if (hosts.length > 0 && !isListed(url.hostname, hosts)) {
    throw new Error(`The host of ${key} is none of allowedHosts`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
