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

import type { JsonValue } from '@backstage/types';
import { buildRequest } from './buildRequest';

describe('buildRequest', () => {
  const build = (
    method: string,
    url: string,
    args: JsonValue | undefined,
    names: string[] = [],
  ) =>
    buildRequest({
      method,
      url,
      arguments: args,
      argumentNames: new Set(names),
    });

  it('puts arguments where they belong', () => {
    const { body, headers, url } = build(
      'POST',
      'http://h.test/a/{id}?fixed=1',
      {
        id: 'a b/c',
        HEADER_X_One: 'h1',
        QUERY_qq: 5,
        rest: { k: [1] },
      },
    );
    expect(url.href).toBe('http://h.test/a/a%20b%2Fc?fixed=1&qq=5');
    expect(headers.get('x_one')).toBe('h1');
    expect(headers.get('content-type')).toBe('application/json');
    expect(body).toBe('{"rest":{"k":[1]}}');
  });

  it('sends no body where the method has none', () => {
    expect(build('GET', 'http://h.test/', { a: 1 }).body).toBeUndefined();
    expect(build('POST', 'http://h.test/', undefined).body).toBeUndefined();
    expect(build('POST', 'http://h.test/', [1]).body).toBe('[1]');
  });

  it.each<[string, JsonValue, string]>([
    ['a missing argument', {}, 'no argument id'],
    ['a step upwards', { id: '..' }, 'cannot stand in an address'],
    ['an empty segment', { id: '' }, 'cannot stand in an address'],
    ['null', { id: null }, 'is null'],
    [
      'a header of the connection',
      { id: 1, HEADER_Host: 'x' },
      'must not set the header host',
    ],
    [
      'a header with a line break',
      { id: 1, HEADER_X: 'secret\r\nY: z' },
      'its argument HEADER_X is not a valid header',
    ],
    [
      'a header with a control character',
      { id: 1, HEADER_X: 'secret\u0001' },
      'its argument HEADER_X is not a valid header',
    ],
    [
      'null in a query',
      { id: 1, QUERY_q: null },
      'its argument QUERY_q is null',
    ],
  ])('refuses %s', (_name, args, message) => {
    const made = () =>
      build('GET', 'http://h.test/{id}', args, ['id', 'HEADER_X', 'QUERY_q']);
    expect(made).toThrow(message);
    expect(made).not.toThrow('secret');
  });

  it.each<[string, JsonValue]>([
    ['a header that has no name', { 'HEADER_secret x': 'v' }],
    ['a header that is null', { HEADER_secret: null }],
    ['a header that has no value', { HEADER_secret: 'a\nb' }],
    ['a query that is null', { QUERY_secret: null }],
  ])('does not name what an expression named: %s', (_name, args) => {
    const made = () => build('GET', 'http://h.test/', args);
    expect(made).toThrow('its argument with a name that an expression made');
    expect(made).not.toThrow('secret');
  });
});
