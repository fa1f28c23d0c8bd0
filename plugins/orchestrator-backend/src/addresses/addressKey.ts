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

import { isIPv4 } from 'node:net';
import { formatIpAddress, parseIpAddress } from './IpAddress';

/** The key of everything that is no address. */
export const UNKNOWN_ADDRESS = 'unknown';

/** What stands before an IPv4 address on a socket for both families. */
const MAPPED = '::ffff:';

/**
 * What callers are told apart by. One caller often has a whole IPv6 /64 to itself, so that those count as one.
 *
 * @param address - as Express says it
 * @returns an IPv4 address, the /64 of an IPv6 address, or {@link UNKNOWN_ADDRESS}: at most 43 characters
 */
export function addressKey(address: string | undefined): string {
  if (address === undefined) {
    return UNKNOWN_ADDRESS;
  }
  // The two ways in which nearly all addresses come: there is one form of each, and a flood of requests costs no arithmetic.
  const plain = address.startsWith(MAPPED)
    ? address.slice(MAPPED.length)
    : address;
  if (isIPv4(plain)) {
    return plain;
  }
  const parsed = parseIpAddress(address);
  if (!parsed) {
    return UNKNOWN_ADDRESS;
  }
  const { family, value } = parsed;
  return family === 4
    ? formatIpAddress(parsed)
    : `${formatIpAddress({ family, value: (value >> 64n) << 64n })}/64`;
}
