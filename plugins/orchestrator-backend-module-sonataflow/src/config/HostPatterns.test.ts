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

import { HostPatterns, isReadable } from './HostPatterns';

describe('HostPatterns', () => {
  it.each([
    ['a.test', 'https://a.test/x', true],
    ['a.test', 'https://A.TEST:8443', true],
    ['a.test', 'https://a.test./', true],
    ['A.test', 'https://a.test', true],
    ['a.test', 'https://b.a.test', false],
    ['a.test', 'https://xa.test', false],
    ['a.test', 'https://a.test.evil.test', false],
    ['a.test', 'https://a.test@evil.test/', false],
    ['*.a.test', 'https://b.a.test', true],
    ['*.a.test', 'https://c.b.a.test', true],
    ['*.a.test', 'https://a.test', false],
    ['*.a.test', 'https://.a.test', false],
    ['*.a.test', 'https://evila.test', false],
    ['127.0.0.1', 'http://127.0.0.1:1', true],
    ['127.0.0.1', 'http://2130706433', true],
    ['[::1]', 'http://[::1]:80', true],
  ])('%s includes %s: %p', (pattern, url, expected) => {
    const includes =
      URL.canParse(url) && new HostPatterns([pattern]).includes(new URL(url));
    expect(includes).toBe(expected);
  });

  it.each([
    '',
    '*',
    '*.',
    'a b',
    'a:80',
    'http://a',
    'a/b',
    '**.a',
    'a.*',
    '.a',
  ])('refuses %p', pattern => {
    expect(() => new HostPatterns([pattern])).toThrow(/is not a host/);
  });
});

describe('isReadable', () => {
  it.each([
    ['https://a.test', false],
    ['http://a.test', true],
    ['http://localhost:1', false],
    ['http://127.0.0.1', false],
    ['http://[::1]', false],
    ['http://127.0.0.1.evil.test', true],
  ])('%s: %p', (url, expected) => {
    expect(isReadable(new URL(url))).toBe(expected);
  });
});
