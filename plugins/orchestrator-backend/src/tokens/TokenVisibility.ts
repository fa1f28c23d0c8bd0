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

import { tokenNotFound } from '../errors/OrchestratorError';
import type { Access } from '../gate/Access';
import type { StoredToken } from './StoredToken';

/** Whether a token is the one that calls, or belongs to the caller or to a group of the caller's. */
export async function isOwnToken(
  access: Access,
  { id, owner }: StoredToken,
): Promise<boolean> {
  if (access.principal.tokenId === id) return true;
  return owner !== undefined && (await access.ownerRefs()).includes(owner);
}

/**
 * Gives a token that the caller may know of: an own one, or anybody's with tokens:admin.
 *
 * @throws OrchestratorError `token.not_found`, the same for one that does not exist and one that is another's
 */
export async function requireVisible<T extends { token: StoredToken }>(
  access: Access,
  found: T | undefined,
): Promise<T> {
  if (
    found &&
    ((await isOwnToken(access, found.token)) ||
      (await access.allows('tokens:admin')))
  ) {
    return found;
  }
  throw tokenNotFound();
}
