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
import { AddressRangeError, AddressRanges } from './AddressRanges';
import { formatIpAddress, parseIpAddress } from './IpAddress';

/** An address as its bits: the plainest model that there is. */
type Bits = string;

const bitsOf = (parts: readonly number[], width: number): Bits =>
  parts.map(part => part.toString(2).padStart(width, '0')).join('');

const octets = fc.array(fc.constantFrom(0, 1, 10, 127, 128, 192, 254, 255), {
  minLength: 4,
  maxLength: 4,
});
/** Never v4-mapped: the first group is not 0. */
const groups = fc
  .tuple(
    fc.constantFrom(0x2001, 0xfe80, 0xffff, 1),
    fc.array(fc.constantFrom(0, 1, 0xdb8, 0x8000, 0xffff), {
      minLength: 7,
      maxLength: 7,
    }),
  )
  .map(([first, rest]) => [first, ...rest]);

/** An address in one of the ways in which it can be written, and its bits. */
const v4 = fc
  .tuple(octets, fc.constantFrom('plain', 'mapped', 'hex'))
  .map(([parts, style]) => {
    const dotted = parts.join('.');
    const hex = [
      (parts[0] * 256 + parts[1]).toString(16),
      (parts[2] * 256 + parts[3]).toString(16),
    ].join(':');
    const text = {
      plain: dotted,
      mapped: `::ffff:${dotted}`,
      hex: `0:0:0:0:0:FFFF:${hex}`,
    }[style]!;
    return {
      family: 4,
      bits: bitsOf(parts, 8),
      text,
      isMapped: text !== dotted,
    };
  });

const v6 = fc.tuple(groups, fc.boolean()).map(([parts, isShort]) => {
  const long = parts.map(part => part.toString(16)).join(':');
  // One run of zeros, whichever comes first, may be left out.
  const text = isShort ? long.replace(/(?:^|:)0(?::0)*(?:$|:)/, '::') : long;
  return { family: 6, bits: bitsOf(parts, 16), text, isMapped: false };
});

const address = fc.oneof(v4, v6);

const range = fc.tuple(address, fc.nat({ max: 128 })).map(([base, seed]) => {
  const prefix = seed % (base.bits.length + 1);
  return {
    family: base.family,
    prefix: base.bits.slice(0, prefix),
    text: `${base.text}/${base.isMapped ? prefix + 96 : prefix}`,
  };
});

const ranges = fc.array(range, { maxLength: 6 });

const textsOf = (list: ReadonlyArray<{ text: string }>) =>
  list.map(({ text }) => text);

describe('AddressRanges', () => {
  it('admits what begins with the bits of one of the networks', () => {
    fc.assert(
      fc.property(ranges, address, (list, caller) => {
        const expected = list.some(
          ({ family, prefix }) =>
            family === caller.family && caller.bits.startsWith(prefix),
        );
        expect(AddressRanges.parse(textsOf(list)).admits(caller.text)).toBe(
          expected,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('includes others if and only if it leaves none of their addresses out', () => {
    /** All addresses of a network of few bits, by the model. */
    const suffixes = (width: number) =>
      Array.from({ length: 2 ** width }, (_, n) =>
        width === 0 ? '' : n.toString(2).padStart(width, '0'),
      );
    const small = fc.array(
      fc
        .tuple(fc.nat({ max: 31 }), fc.integer({ min: 27, max: 32 }))
        .map(([last, prefix]) => `192.0.2.${last}/${prefix}`),
      { minLength: 0, maxLength: 5 },
    );
    const all = suffixes(5).map(bits => `192.0.2.${parseInt(bits, 2)}`);
    fc.assert(
      fc.property(small, small, (mine, theirs) => {
        const ours = AddressRanges.parse(mine);
        const others = AddressRanges.parse(theirs);
        expect(ours.includes(others)).toBe(
          all.every(caller => !others.admits(caller) || ours.admits(caller)),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('includes what is a part of it, and its parts only together', () => {
    const parse = (...cidrs: string[]) => AddressRanges.parse(cidrs);
    const halves = parse('10.0.0.0/9', '10.128.0.0/9');
    expect(halves.includes(parse('10.0.0.0/8'))).toBe(true);
    expect(parse('10.0.0.0/9').includes(parse('10.0.0.0/8'))).toBe(false);
    expect(parse('2001:db8::/32').includes(parse('2001:db8:1::/48'))).toBe(
      true,
    );
    expect(parse('0.0.0.0/0').includes(parse('::/0'))).toBe(false);
    expect(parse('::/0').includes(parse('192.0.2.1'))).toBe(false);
    expect(parse().includes(parse())).toBe(true);
    expect(parse().includes(parse('192.0.2.1'))).toBe(false);
  });

  it('takes back what it writes, as the same networks', () => {
    fc.assert(
      fc.property(ranges, fc.array(address), (list, callers) => {
        const written = AddressRanges.parse(textsOf(list));
        const read = AddressRanges.parse(written.toJSON());
        expect(read.toJSON()).toEqual(written.toJSON());
        for (const { text } of callers) {
          expect(read.admits(text)).toBe(written.admits(text));
        }
      }),
    );
  });

  it('writes each network in one form', () => {
    expect(
      AddressRanges.parse([
        '192.0.2.77/24',
        '::ffff:192.0.2.1/120',
        '192.0.2.1',
        '2001:DB8:0:0:1::5/64',
        '::1',
        '::/0',
      ]).toJSON(),
    ).toEqual([
      '192.0.2.0/24',
      '192.0.2.1/32',
      '2001:db8::/64',
      '::1/128',
      '::/0',
    ]);
  });

  it('admits nothing that is no address', () => {
    const everybody = AddressRanges.parse(['0.0.0.0/0', '::/0']);
    expect(everybody.admits(undefined)).toBe(false);
    expect(everybody.admits('')).toBe(false);
    expect(everybody.admits('192.0.2.1, 192.0.2.2')).toBe(false);
    expect(everybody.admits('localhost')).toBe(false);
    expect(everybody.admits('fe80::1%eth0')).toBe(true);
  });

  it.each([
    '',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '10.0.0.0/8 ',
    ' 10.0.0.0/8',
    '10.0.0/8',
    '010.0.0.0/8',
    '10.0.0.256',
    '10.0.0.0/1e1',
    '2001:db8::/129',
    '2001:db8::1::/64',
    'fe80::1%eth0/64',
    '::ffff:10.0.0.0/95',
    '::ffff:10.0.0.0/129',
    'example.com',
    '*',
    '1'.repeat(10_000),
  ])('refuses %j', text => {
    expect(() => AddressRanges.parse([text])).toThrow(AddressRangeError);
  });

  it('names every fault', () => {
    let faults;
    try {
      AddressRanges.parse(['10.0.0.0/8', 'nonsense', '10.0.0.0/40']);
    } catch (error) {
      faults = (error as AddressRangeError).faults;
    }
    expect(faults).toEqual([
      {
        index: 1,
        message: 'is not an IP address, with or without a prefix length',
      },
      { index: 2, message: 'has a prefix length that is not 0 to 32' },
    ]);
  });
});

describe('IP addresses', () => {
  it('have one number and one form, however they are written', () => {
    fc.assert(
      fc.property(address, ({ family, bits, text }) => {
        const parsed = parseIpAddress(text)!;
        expect(parsed.family).toBe(family);
        expect(parsed.value).toBe(BigInt(`0b${bits}`));
        const form = formatIpAddress(parsed);
        expect(parseIpAddress(form)).toEqual(parsed);
        expect(formatIpAddress(parseIpAddress(form)!)).toBe(form);
      }),
    );
  });
});
