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

import type { EmbeddedEgressPlace } from '../config/EngineConfig';
import { AddressRules } from './addresses';

/** One place to which calls may go. */
interface Allowed {
  readonly origin: string;
  /** Without a slash at its end; empty for all of the origin. */
  readonly path: string;
}

/** The places to which calls may go. */
export class Egress {
  readonly #allowed: readonly Allowed[];
  /** By origin, since connections are shared by all calls to one. */
  readonly #rules: ReadonlyMap<string, AddressRules>;

  private constructor(
    allowed: readonly Allowed[],
    rules: ReadonlyMap<string, AddressRules>,
  ) {
    this.#allowed = allowed;
    this.#rules = rules;
  }

  /**
   * Reads origins, each with a path prefix or without.
   *
   * @throws Error that says what is wrong with which
   */
  static create(places: readonly (string | EmbeddedEgressPlace)[]): Egress {
    const allowed: Allowed[] = [];
    const hosts = new Map<string, { hostname: string; ranges: string[] }>();
    for (const entry of places) {
      const { addresses = [], url: place } =
        typeof entry === 'string' ? { url: entry } : entry;
      if (!URL.canParse(place)) {
        throw new Error(`"${place}" is not an address`);
      }
      const url = new URL(place);
      if (!/^https?:$/.test(url.protocol)) {
        throw new Error(`"${place}" is not an http or https address`);
      }
      if (url.username || url.password || url.search || url.hash) {
        throw new Error(
          `"${url.origin}${url.pathname}" must be an origin, with a path prefix or without`,
        );
      }
      const { hostname, origin } = url;
      allowed.push({ origin, path: url.pathname.replace(/\/+$/, '') });
      const host = hosts.get(origin) ?? { hostname, ranges: [] };
      host.ranges.push(...addresses);
      hosts.set(origin, host);
    }
    return new Egress(
      allowed,
      new Map(
        [...hosts].map(([origin, { hostname, ranges }]) => [
          origin,
          AddressRules.create(hostname, ranges),
        ]),
      ),
    );
  }

  /** To which addresses connections of an origin may go; undefined where none of its places is allowed. */
  rulesOf(url: URL): AddressRules | undefined {
    return this.#rules.get(url.origin);
  }

  /** Whether a call may go there. The prefix ends where a segment ends, and nothing below it may lead out again. */
  allows(url: URL): boolean {
    const path = url.pathname;
    return this.#allowed.some(
      allowed =>
        allowed.origin === url.origin &&
        (allowed.path === '' ||
          path === allowed.path ||
          (path.startsWith(`${allowed.path}/`) &&
            !evades(path.slice(allowed.path.length)))),
    );
  }
}

/**
 * Whether a server that decodes more than once, takes an encoded slash for a plain one, or cuts segments at a semicolon could be led
 * out of a prefix.
 */
function evades(path: string): boolean {
  if (/%(?:2f|5c|25)/i.test(path)) {
    return true;
  }
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    // What is no encoding of a text may be decoded to anything.
    return true;
  }
  return decoded
    .split(/[/\\]/)
    .some(segment => /^\.{1,2}$/.test(segment.split(';')[0]));
}
