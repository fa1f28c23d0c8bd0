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

import { BlockList, isIP } from 'node:net';

type Family = 'ipv4' | 'ipv6';

/** An IP address, or a range of them. */
interface Range {
  readonly address: string;
  readonly prefix: number;
  readonly family: Family;
}

function family(address: string): Family | undefined {
  switch (address.includes('%') ? 0 : isIP(address)) {
    case 4:
      return 'ipv4';
    case 6:
      return 'ipv6';
    default:
      return undefined;
  }
}

/** Reads `10.0.0.0/8`, `fd00::/8` or one address; undefined where the text is none. */
function parseRange(text: string): Range | undefined {
  const [, address = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = family(address);
  if (version === undefined) {
    return undefined;
  }
  const bits = version === 'ipv4' ? 32 : 128;
  const prefix = length === undefined ? bits : Number(length);
  return prefix > bits ? undefined : { address, prefix, family: version };
}

function listOf(ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const { address, family: version, prefix } of ranges) {
    list.addSubnet(address, prefix, version);
  }
  return list;
}

function fixedList(texts: readonly string[]): BlockList {
  return listOf(texts.map(text => parseRange(text)!));
}

/** The services by which machines of clouds learn who they are, and link-local addresses, among which most of them are. */
const METADATA = fixedList([
  '169.254.0.0/16',
  'fe80::/10',
  // Alibaba, Azure, Oracle, Amazon, Google
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::/32',
  'fd20:ce::254',
]);

/** Networks of one's own: private, loopback, and behind a carrier's NAT. */
const PRIVATE = fixedList([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '100.64.0.0/10',
  '::1',
  'fc00::/7',
]);

/** What else is not the address of somebody in the internet: unspecified, protocols, documentation, tests, multicast, reserved. */
const SPECIAL = fixedList([
  '0.0.0.0/8',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '2001::/23',
  '2001:db8::/32',
  '3fff::/20',
]);

/** All that is handed out of IPv6 so far. */
const GLOBAL_V6 = fixedList(['2000::/3']);

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  // URL writes a dotted end in hexadecimal too.
  const { hostname } = new URL(`http://[${address}]`);
  const [head, tail] = hostname
    .slice(1, -1)
    .split('::')
    .map(part =>
      part === '' ? [] : part.split(':').map(group => parseInt(group, 16)),
    );
  return tail === undefined
    ? head
    : [...head, ...Array(8 - head.length - tail.length).fill(0), ...tail];
}

/** The IPv4 address that stands in an IPv6 address: mapped, compatible, translated (NAT64) or tunnelled (6to4). */
function embedded(address: string): string | undefined {
  const groups = groupsOf(address);
  const at = (i: number) =>
    [
      groups[i] >> 8,
      groups[i] & 255,
      groups[i + 1] >> 8,
      groups[i + 1] & 255,
    ].join('.');
  const begins = (...start: number[]) =>
    start.every((group, i) => groups[i] === group);
  if (
    begins(0, 0, 0, 0, 0, 0xffff) ||
    begins(0, 0, 0, 0, 0xffff, 0) ||
    begins(0x64, 0xff9b, 0, 0, 0, 0) ||
    (begins(0, 0, 0, 0, 0, 0) && !(groups[6] === 0 && groups[7] <= 1))
  ) {
    return at(6);
  }
  return groups[0] === 0x2002 ? at(1) : undefined;
}

/** To which addresses the connections for a host may go. */
export class AddressRules {
  readonly #home: boolean;
  readonly #listed: BlockList;
  readonly #single: BlockList;

  private constructor(home: boolean, listed: BlockList, single: BlockList) {
    this.#home = home;
    this.#listed = listed;
    this.#single = single;
  }

  /**
   * Public addresses are allowed for every host. Those of networks of one's own, for a host that can only be there: such an address
   * itself, `localhost`, a name without a dot, and names that end in `.local`, `.localhost`, `.internal` and `.test`. All others only
   * as `ranges` say, and those of metadata services and link-local ones only where one of the ranges is that very address.
   *
   * @param hostname - as URL writes it
   * @throws Error that names a range that is none
   */
  static create(hostname: string, ranges: readonly string[]): AddressRules {
    const listed = ranges.map(text => {
      const range = parseRange(text);
      if (range === undefined) {
        throw new Error(
          `${JSON.stringify(
            text,
          )} is not a range of addresses, such as 10.0.0.0/8`,
        );
      }
      return range;
    });
    const name = hostname.toLowerCase().replace(/\.$/, '');
    const isHome =
      name.startsWith('[') ||
      isIP(name) !== 0 ||
      !name.includes('.') ||
      /\.(?:local|localhost|internal|test)$/.test(name);
    return new AddressRules(
      isHome,
      listOf(listed),
      listOf(
        listed.filter(
          ({ family: version, prefix }) =>
            prefix === (version === 'ipv4' ? 32 : 128),
        ),
      ),
    );
  }

  /** Whether a connection may go to an address. */
  allows(address: string): boolean {
    const version = family(address);
    if (version === undefined) {
      return false;
    }
    if (version === 'ipv6') {
      const inner = embedded(address);
      if (inner !== undefined) {
        return this.allows(inner);
      }
    }
    if (METADATA.check(address, version)) {
      return this.#single.check(address, version);
    }
    if (this.#listed.check(address, version)) {
      return true;
    }
    if (PRIVATE.check(address, version)) {
      return this.#home;
    }
    return (
      !SPECIAL.check(address, version) &&
      (version === 'ipv4' || GLOBAL_V6.check(address, version))
    );
  }
}
