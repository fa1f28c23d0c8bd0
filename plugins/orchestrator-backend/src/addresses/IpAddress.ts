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

import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** An IP address as a number. An IPv4 address in IPv6 clothes (`::ffff:192.0.2.1`) is the IPv4 address. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

const MAPPED_PREFIX = 0xffffn;

function readIpv4(text: string): bigint {
  return text
    .split('.')
    .reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function readGroups(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap(group => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)];
    const tail = readIpv4(group);
    return [tail >> 16n, tail & 0xffffn];
  });
}

/** Reads an IPv6 address that is known to be one. */
function readIpv6(text: string): bigint {
  const [head, tail] = text.split('::').map(readGroups);
  const groups = tail
    ? [...head, ...Array(8 - head.length - tail.length).fill(0n), ...tail]
    : head;
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

/**
 * Reads an IP address.
 *
 * @param text - an IPv4 or IPv6 address; the zone of an address (`fe80::1%eth0`) says nothing of who it is, and is dropped
 * @returns undefined where it is none
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (isIPv4(text)) {
    return { family: 4, value: readIpv4(text) };
  }
  if (!isIPv6(text)) {
    return undefined;
  }
  const value = readIpv6(text.split('%', 1)[0]);
  return value >> 32n === MAPPED_PREFIX
    ? { family: 4, value: value & 0xffffffffn }
    : { family: 6, value };
}

/** Writes an address in the one form that it has: lower case, as short as can be. */
export function formatIpAddress({ family, value }: IpAddress): string {
  if (family === 4) {
    return [24n, 16n, 8n, 0n].map(shift => (value >> shift) & 0xffn).join('.');
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  return new SocketAddress({ family: 'ipv6', address: groups.join(':') })
    .address;
}

/**
 * The one form in which an address is stored.
 *
 * @param text - as Express says it; behind a proxy that is what a header says, and can be any text
 * @returns undefined where it is no IP address
 */
export function storableIpAddress(
  text: string | undefined,
): string | undefined {
  const parsed = text === undefined ? undefined : parseIpAddress(text);
  return parsed && formatIpAddress(parsed);
}
