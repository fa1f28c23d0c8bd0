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

import {
  AddressRangeError,
  AddressRanges,
} from '../../addresses/AddressRanges';
import { OrchestratorError, type Fault } from '../../errors/OrchestratorError';

/**
 * Reads the networks of a request.
 *
 * @param faults - gets what is wrong with them
 * @returns undefined where there are none, or some are wrong
 */
export function readAddresses(
  cidrs: readonly string[] | undefined,
  faults: Fault[],
): AddressRanges | undefined {
  if (!cidrs) return undefined;
  try {
    return AddressRanges.parse(cidrs);
  } catch (error) {
    if (!(error instanceof AddressRangeError)) throw error;
    for (const { index, message } of error.faults) {
      faults.push({ path: `body/allowedCidrs/${index}`, message });
    }
    return undefined;
  }
}

/**
 * Refuses a secret that could be used from more addresses than the credential that mints it.
 *
 * @param allowed - the networks of the new secret; absent for all
 * @param minter - those of the credential that mints; absent for all
 * @throws OrchestratorError `auth.principal_not_allowed`
 */
export function requireWithin(
  allowed: AddressRanges | undefined,
  minter: AddressRanges | undefined,
): void {
  if (minter && !(allowed && minter.includes(allowed))) {
    throw new OrchestratorError(
      'auth.principal_not_allowed',
      'A token cannot be usable from more addresses than the token that mints it',
    );
  }
}
