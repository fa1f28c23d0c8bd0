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

/** Whether a token is the one that calls, or belongs to the caller itself; nobody has to be asked. */
function isPlainlyOwn(
  { principal }: Access,
  { id, owner }: StoredToken,
): boolean {
  return principal.tokenId === id || owner === principal.ref;
}

/**
 * Whether the caller may do to a token what it may do to its own: it is the one that calls, it belongs to the caller or to a group
 * of the caller's, or the caller administers tokens. Memberships are asked for where they matter only, so that tokens can be
 * revoked while they cannot be read.
 *
 * @throws OrchestratorError `auth.policy_unavailable`
 */
export async function managesToken(
  access: Access,
  token: StoredToken,
): Promise<boolean> {
  if (isPlainlyOwn(access, token)) return true;
  if (token.kind !== 'group') return access.allows('tokens:admin');
  try {
    if ((await access.ownerRefs()).includes(token.owner!)) return true;
  } catch (error) {
    if (await access.allows('tokens:admin')) return true;
    throw error;
  }
  return access.allows('tokens:admin');
}

/**
 * Gives a token that the caller may know of.
 *
 * @throws OrchestratorError `token.not_found`, the same for one that does not exist and one that is another's
 */
export async function requireVisible<T extends { token: StoredToken }>(
  access: Access,
  found: T | undefined,
): Promise<T> {
  if (found && (await managesToken(access, found.token))) return found;
  throw tokenNotFound();
}
