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

import { formatIpAddress, type IpAddress, parseIpAddress } from './IpAddress';

/** What is wrong with one of the texts that {@link AddressRanges.parse} was given. */
export interface AddressRangeFault {
  /** The position in what was given. */
  readonly index: number;
  readonly message: string;
}

/** A text is no CIDR. */
export class AddressRangeError extends Error {
  readonly faults: readonly AddressRangeFault[];

  constructor(faults: readonly AddressRangeFault[]) {
    super(
      faults
        .map(({ index, message }) => `Range ${index + 1} ${message}`)
        .join('; '),
    );
    this.name = 'AddressRangeError';
    this.faults = faults;
  }
}

/** Addresses without a gap, on the line of {@link placeOf}. */
interface Interval {
  readonly first: bigint;
  readonly last: bigint;
}

const BITS = { 4: 32n, 6: 128n } as const;

const PREFIX = /^(?:0|[1-9]\d{0,2})$/;

/** The IPv4 addresses lie behind all IPv6 addresses, so that one line holds both and no IPv6 range reaches an IPv4 address. */
function placeOf({ family, value }: IpAddress): bigint {
  return family === 4 ? (1n << BITS[6]) + value : value;
}

interface Range {
  readonly text: string;
  readonly interval: Interval;
}

/** Reads one CIDR, or says what is wrong with it. */
function readRange(cidr: string): Range | string {
  const slash = cidr.indexOf('/');
  const addressText = slash < 0 ? cidr : cidr.slice(0, slash);
  const address = addressText.includes('%')
    ? undefined
    : parseIpAddress(addressText);
  if (!address) {
    return 'is not an IP address, with or without a prefix length';
  }
  const bits = BITS[address.family];
  // The prefix of a v4-mapped address counts from the start of the IPv6 address.
  const isMapped = address.family === 4 && addressText.includes(':');
  const offset = isMapped ? BITS[6] - BITS[4] : 0n;
  let prefix: bigint = bits;
  if (slash >= 0) {
    const prefixText = cidr.slice(slash + 1);
    prefix = PREFIX.test(prefixText) ? BigInt(prefixText) - offset : -1n;
    if (prefix < 0n || prefix > bits) {
      return `has a prefix length that is not ${offset} to ${bits + offset}`;
    }
  }
  const host = bits - prefix;
  const start: IpAddress = {
    family: address.family,
    value: (address.value >> host) << host,
  };
  const first = placeOf(start);
  return {
    text: `${formatIpAddress(start)}/${prefix}`,
    interval: { first, last: first + (1n << host) - 1n },
  };
}

/** Intervals in order, without overlap, none touching the next. */
function merge(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const interval of [...intervals].sort((a, b) =>
    a.first < b.first ? -1 : 1,
  )) {
    const before = merged.at(-1);
    if (!before || interval.first > before.last + 1n) {
      merged.push(interval);
    } else if (interval.last > before.last) {
      merged[merged.length - 1] = { ...before, last: interval.last };
    }
  }
  return merged;
}

/**
 * A set of networks. IPv4 and IPv6 are apart: `::/0` holds no IPv4 address, and an IPv4 address in IPv6 clothes
 * (`::ffff:192.0.2.1`) is the IPv4 address.
 */
export class AddressRanges {
  readonly #texts: readonly string[];
  readonly #intervals: readonly Interval[];

  private constructor(ranges: readonly Range[]) {
    this.#texts = [...new Set(ranges.map(({ text }) => text))];
    this.#intervals = merge(ranges.map(({ interval }) => interval));
  }

  /**
   * Reads CIDRs; an address alone is a network of its own. Bits behind the prefix are dropped.
   *
   * @throws AddressRangeError with every fault
   */
  static parse(cidrs: readonly string[]): AddressRanges {
    const ranges: Range[] = [];
    const faults: AddressRangeFault[] = [];
    cidrs.forEach((cidr, index) => {
      const range = readRange(cidr);
      if (typeof range === 'string') {
        faults.push({ index, message: range });
      } else {
        ranges.push(range);
      }
    });
    if (faults.length > 0) {
      throw new AddressRangeError(faults);
    }
    return new AddressRanges(ranges);
  }

  /** Whether an address is in one of the networks; what is no address is in none. */
  admits(address: string | undefined): boolean {
    const parsed = address === undefined ? undefined : parseIpAddress(address);
    if (!parsed) {
      return false;
    }
    const place = placeOf(parsed);
    const interval = this.#reaching(place);
    return interval !== undefined && interval.last >= place;
  }

  /** Whether every address of other networks is in these. */
  includes(other: AddressRanges): boolean {
    return other.#intervals.every(({ first, last }) => {
      const interval = this.#reaching(first);
      return interval !== undefined && interval.last >= last;
    });
  }

  /** The CIDRs, each in the one form that it has, in the order in which they were given. */
  toJSON(): string[] {
    return [...this.#texts];
  }

  /** The last interval that begins at or before a place. */
  #reaching(place: bigint): Interval | undefined {
    return this.#intervals.findLast(({ first }) => first <= place);
  }
}
