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

import fc from 'fast-check';
import { addressKey } from './addressKey';
import { formatIpAddress, parseIpAddress } from './IpAddress';

describe('addressKey', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['::1', '::/64'],
    ['', 'unknown'],
    ['unix:', 'unknown'],
    ['192.0.2.1:443', 'unknown'],
    [undefined, 'unknown'],
  ])('of %s is %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });

  it('of an IPv4 address is the one form that it has', () => {
    fc.assert(
      fc.property(
        fc.ipV4(),
        fc.constantFrom('', '::ffff:', '::FFFF:', '0:0:0:0:0:ffff:'),
        (address, before) => {
          const text = before + address;
          expect(addressKey(text)).toBe(formatIpAddress(parseIpAddress(text)!));
        },
      ),
    );
  });

  it('tells two networks apart', () => {
    expect(addressKey('2001:db8:1:2::1')).not.toBe(
      addressKey('2001:db8:1:3::1'),
    );
  });
});
