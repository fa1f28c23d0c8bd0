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

import { ServiceAddress } from './ServiceAddress';

describe('ServiceAddress', () => {
  it.each([
    undefined,
    '',
    'workflows',
    'ftp://a.test',
    'file:///etc/passwd',
    'data:text/plain,x',
    'http://user@a.test',
    'http://:pass@a.test',
    `http://a.test/${'x'.repeat(2_000)}`,
  ])('is none in %p', text => {
    expect(ServiceAddress.parse(text)).toBeUndefined();
  });

  it.each([
    ['http://a.test', 'http://a.test/p/1'],
    ['http://a.test/', 'http://a.test/p/1'],
    ['http://a.test:8080/base//', 'http://a.test:8080/base/p/1'],
    ['http://a.test/base?x=1#y', 'http://a.test/base/p/1'],
  ])('has paths below %s', (text, expected) => {
    expect(ServiceAddress.parse(text)!.at(['p', '1']).href).toBe(expected);
  });

  it('is the same for the same address', () => {
    const keys = ['http://A.test', 'http://a.test/', 'http://a.test:80?x'].map(
      text => ServiceAddress.parse(text)!.key,
    );
    expect(new Set(keys).size).toBe(1);
  });

  it.each([
    'a/b',
    'a?b',
    'a#b',
    'a%2fb',
    'a b',
    'é',
    '..%2f..',
    '\\..\\',
    '@host',
    '//host',
    '..;',
  ])('keeps the id %p one segment of the path', id => {
    const url = ServiceAddress.parse('http://a.test/base')!.at([id, 'x'], {
      businessKey: id,
    });
    const segments = url.pathname.split('/');
    expect(url.host).toBe('a.test');
    expect(segments).toHaveLength(4);
    expect(decodeURIComponent(segments[2])).toBe(id);
    expect(url.searchParams.get('businessKey')).toBe(id);
    expect([...url.searchParams]).toHaveLength(1);
  });

  it.each(['', '.', '..'])('refuses the segment %p', id => {
    const address = ServiceAddress.parse('http://a.test/base')!;
    expect(() => address.at([id])).toThrow(
      expect.objectContaining({ name: 'NotFoundError' }),
    );
  });
});
