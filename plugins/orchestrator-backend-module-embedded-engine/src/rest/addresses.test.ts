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
import { AddressRules } from './addresses';

const PUBLIC = [
  '8.8.8.8',
  '93.184.216.34',
  '2606:4700:4700::1111',
  '2a00:1450:4001:82a::200e',
  // mapped, translated and tunnelled public addresses
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
  '2002:0808:0808::1',
];

const HOME = [
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '127.0.0.1',
  '127.8.8.8',
  '100.64.0.1',
  '::1',
  'fd00::1',
  'fc00:1::1',
  '::ffff:10.1.2.3',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '::ffff:0:10.0.0.1',
  '64:ff9b::10.0.0.1',
  '2002:7f00:0001::1',
  '2002:0a00:0001::',
];

const METADATA = [
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fe80::1',
  'fd00:ec2::254',
  'fd20:ce::254',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '64:ff9b::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
];

const NOWHERE = [
  '0.0.0.0',
  '0.1.2.3',
  '::',
  '192.0.2.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  'ff02::1',
  'fec0::1',
  '2001::1',
  '2001:db8::1',
  '3fff::1',
  '64:ff9b:1::1',
  '100::1',
  '4000::1',
  '::ffff:0.0.0.0',
  '',
  'localhost',
  '8.8.8',
  '08.8.8.8',
  'fe80::1%eth0',
  '2606:4700::1%1',
];

const allowed = (
  hostname: string,
  addresses: readonly string[],
  ranges: readonly string[] = [],
) => {
  const rules = AddressRules.create(hostname, ranges);
  return addresses.filter(address => rules.allows(address));
};

describe('AddressRules', () => {
  it.each(['api.example.com', 'api.example.com.', 'internal.example.com'])(
    'allows public addresses alone for %s',
    hostname => {
      expect(
        allowed(hostname, [...PUBLIC, ...HOME, ...METADATA, ...NOWHERE]),
      ).toEqual(PUBLIC);
    },
  );

  it.each([
    'localhost',
    'LOCALHOST',
    'broker',
    'db.local',
    'api.svc.cluster.local',
    'a.localhost',
    'metadata.google.internal',
    'stub.test',
    'stub.test.',
    '10.0.0.1',
    '127.0.0.1',
    '[::1]',
  ])('allows those of a network of its own for %s too', hostname => {
    expect(
      allowed(hostname, [...PUBLIC, ...HOME, ...METADATA, ...NOWHERE]),
    ).toEqual([...PUBLIC, ...HOME]);
  });

  it('allows what is listed, in each of its forms', () => {
    expect(
      allowed(
        'orders.corp.example',
        [...HOME, ...METADATA, ...NOWHERE],
        ['10.0.0.0/8', 'fd00::/8', '198.18.0.0/15'],
      ),
    ).toEqual([
      '10.1.2.3',
      'fd00::1',
      '::ffff:10.1.2.3',
      '::ffff:0:10.0.0.1',
      '64:ff9b::10.0.0.1',
      '2002:0a00:0001::',
      '198.18.0.1',
    ]);
  });

  it('allows a metadata service only where it is listed itself', () => {
    expect(
      allowed('meta.example', METADATA, [
        '0.0.0.0/0',
        '::/0',
        '169.254.0.0/16',
      ]),
    ).toEqual([]);
    expect(
      allowed('meta.example', METADATA, [
        '169.254.169.254',
        'fd00:ec2::254/128',
      ]),
    ).toEqual([
      '169.254.169.254',
      'fd00:ec2::254',
      '::ffff:169.254.169.254',
      '::ffff:a9fe:a9fe',
      '64:ff9b::a9fe:a9fe',
      '2002:a9fe:a9fe::1',
    ]);
  });

  it.each([
    '',
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0',
    'x/8',
    '10.0.0.0/',
    '10.0.0.0/-1',
    'fe80::1%eth0',
    '10.0.0.0/8/8',
  ])('refuses %p as a range', range => {
    expect(() => AddressRules.create('a.example', [range])).toThrow(
      'is not a range of addresses',
    );
  });

  it('judges an address that stands in another like itself', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const rules = [
      AddressRules.create('api.example.com', []),
      AddressRules.create('localhost', []),
      AddressRules.create('api.example.com', ['10.0.0.0/9', '169.254.1.1']),
    ];
    fc.assert(
      fc.property(
        fc.oneof(
          fc.tuple(byte, byte, byte, byte),
          fc.constantFrom<[number, number, number, number]>(
            [10, 1, 1, 1],
            [127, 0, 0, 1],
            [169, 254, 1, 1],
            [169, 254, 169, 254],
            [100, 100, 100, 200],
          ),
        ),
        bytes => {
          const plain = bytes.join('.');
          const [a, b, c, d] = bytes.map(part =>
            part.toString(16).padStart(2, '0'),
          );
          for (const rule of rules) {
            for (const form of [
              `::ffff:${plain}`,
              `::ffff:${a}${b}:${c}${d}`,
              `0:0:0:0:0:FFFF:${a}${b}:${c}${d}`,
              `64:ff9b::${plain}`,
              `2002:${a}${b}:${c}${d}::1`,
            ]) {
              expect([form, rule.allows(form)]).toEqual([
                form,
                rule.allows(plain),
              ]);
            }
          }
        },
      ),
    );
  });
});
