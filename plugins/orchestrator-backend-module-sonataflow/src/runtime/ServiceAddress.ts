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

import { NotFoundError } from '@backstage/errors';

/** Longer ones are no addresses that anybody wrote. */
const MAX_LENGTH = 2_000;

/**
 * Where a workflow runtime answers, as the Data Index says. What it says can be anything: only http and https without credentials
 * are addresses.
 */
export class ServiceAddress {
  readonly #base: URL;

  private constructor(base: URL) {
    this.#base = base;
  }

  /** The address in a text, or undefined where there is none that may be used. */
  static parse(text: string | undefined): ServiceAddress | undefined {
    if (text === undefined || text.length > MAX_LENGTH) return undefined;
    if (!URL.canParse(text)) return undefined;
    const url = new URL(text);
    const isHttp = url.protocol === 'http:' || url.protocol === 'https:';
    if (!isHttp || url.username !== '' || url.password !== '') {
      return undefined;
    }
    url.search = '';
    url.hash = '';
    url.pathname = url.pathname.replace(/\/+$/, '');
    return new ServiceAddress(url);
  }

  /** The address itself. */
  get url(): URL {
    return new URL(this.#base);
  }

  /** The same text for the same address. */
  get key(): string {
    return this.#base.href;
  }

  /**
   * An address below it.
   *
   * @param segments - each one becomes one segment, whatever characters it has
   * @throws NotFoundError where a segment cannot be one
   */
  at(segments: readonly string[], query: Record<string, string> = {}): URL {
    const url = new URL(this.#base);
    // These would be taken for steps in the path.
    if (segments.some(one => /^\.{0,2}$/.test(one))) {
      throw new NotFoundError('There is nothing with such an id');
    }
    const path = url.pathname.replace(/\/+$/, '');
    url.pathname = `${path}/${segments.map(encodeURIComponent).join('/')}`;
    url.search = new URLSearchParams(query).toString();
    return url;
  }
}
