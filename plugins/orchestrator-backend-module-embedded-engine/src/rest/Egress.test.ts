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

import { Egress } from './Egress';

describe('Egress', () => {
  const egress = Egress.create([
    'https://api.test/v1/',
    'http://open.test:8080',
    'https://lab.test/projects/a%2Fb',
  ]);

  it.each([
    ['https://api.test/v1', true],
    ['https://api.test/v1/things?x=1', true],
    ['https://api.test/v1/a%20b;c=1/...', true],
    ['https://api.test/v1/a%2Fb', false],
    ['https://api.test/v10', false],
    ['https://api.test/', false],
    ['https://api.test/v1/../admin', false],
    ['https://api.test/v1/..%2Fadmin', false],
    ['https://api.test/v1/%2e%2e/admin', false],
    ['https://api.test/v1/%ff/..%2f..%2fadmin', false],
    ['https://api.test/v1/%c0%ae%c0%ae/admin', false],
    ['https://api.test/v1/%/admin', false],
    ['https://api.test/v1/%252e%252e/admin', false],
    ['https://api.test/v1/..%5cadmin', false],
    ['https://api.test/v1/..;/admin', false],
    ['https://api.test/v1/.;x/admin', false],
    ['https://api.test/v1/%2e.%3bx=1/admin', false],
    ['http://api.test/v1', false],
    ['https://api.test:444/v1', false],
    ['https://api.test.evil.test/v1', false],
    ['https://open.test:8080/', false],
    ['http://open.test:8080/anything', true],
    ['http://open.test:8080/a/..;/%252e%2f', true],
    ['https://lab.test/projects/a%2Fb', true],
    ['https://lab.test/projects/a%2Fb/issues', true],
    ['https://lab.test/projects/a%2Fb/..%2F', false],
  ])('%s: %p', (url, allowed) => {
    expect(egress.allows(new URL(url))).toBe(allowed);
  });

  it.each([
    'api.test',
    'ftp://api.test',
    'https://u:p@api.test',
    'https://api.test/?q=1',
  ])('refuses %s', place => {
    expect(() => Egress.create([place])).toThrow(/address|origin/);
  });

  it('allows nothing by default', () => {
    expect(Egress.create([]).allows(new URL('http://127.0.0.1/'))).toBe(false);
  });

  it('knows to which addresses an origin may lead, by all of its places', () => {
    const places = Egress.create([
      { url: 'https://api.example.com/v1', addresses: ['10.0.0.0/8'] },
      { url: 'https://api.example.com/v2', addresses: ['192.168.7.7'] },
      'https://api.example.com/v3',
      'https://api.example.com:444',
    ]);
    const rules = places.rulesOf(new URL('https://api.example.com/v3/x'));
    expect(
      ['10.1.1.1', '192.168.7.7', '192.168.7.8', '8.8.8.8'].map(address =>
        rules?.allows(address),
      ),
    ).toEqual([true, true, false, true]);
    const others = places.rulesOf(new URL('https://api.example.com:444/'));
    expect(others?.allows('10.1.1.1')).toBe(false);
    expect(places.rulesOf(new URL('http://api.example.com/'))).toBeUndefined();
  });
});
