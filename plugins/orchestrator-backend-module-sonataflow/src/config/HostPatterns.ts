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

const LABEL = '[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?';
const NAME = new RegExp(`^(\\*\\.)?${LABEL}(\\.${LABEL})*$`);
const IPV6 = /^\[[0-9a-f:.]+\]$/;

/** The host of an address as patterns are compared with it: lower case, no dot at the end. */
function hostOf(url: URL): string {
  return url.hostname.toLowerCase().replace(/\.$/, '');
}

/**
 * A list of hosts: exact names or addresses, or `*.suffix` for all below a domain. A port is not part of it.
 *
 * @public
 */
export class HostPatterns {
  readonly #exact = new Set<string>();
  readonly #suffixes: string[] = [];

  /** @throws Error that quotes the first pattern that is none */
  constructor(patterns: readonly string[]) {
    for (const given of patterns) {
      const pattern = given.toLowerCase();
      if (!NAME.test(pattern) && !IPV6.test(pattern)) {
        throw new Error(
          `${JSON.stringify(given)} is not a host, nor *. and a domain`,
        );
      }
      if (pattern.startsWith('*.')) {
        this.#suffixes.push(pattern.slice(1));
      } else {
        this.#exact.add(pattern);
      }
    }
  }

  /** Whether the host of an address is among them. */
  includes(url: URL): boolean {
    const host = hostOf(url);
    return (
      this.#exact.has(host) ||
      this.#suffixes.some(
        suffix => host.length > suffix.length && host.endsWith(suffix),
      )
    );
  }
}

/** Whether what is sent to an address can be read on the way: not encrypted, and not to this machine. */
export function isReadable(url: URL): boolean {
  const host = hostOf(url);
  const isLoopback =
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(host);
  return url.protocol !== 'https:' && !isLoopback;
}
