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

import type { AuditEntry } from '../database/AuditStore';
import type { RequestOrigin } from '../gate/Access';
import type { Principal } from '../gate/Principal';

/** Who is calling, and from where; an access has both. */
export interface AuditCaller {
  readonly principal?: Principal;
  readonly origin?: RequestOrigin;
}

/**
 * An event for the audit log with its caller filled in. Whoever makes the call is the actor; a plugin that calls for a user does
 * so on the user's behalf. A token that was used to change another one is noted beside that.
 *
 * @param event - what happened; what it says of the caller wins
 */
export function auditEntryOf(
  event: AuditEntry,
  { principal, origin }: AuditCaller,
): AuditEntry {
  const usedTokenId = principal?.tokenId;
  const isOfAnother =
    usedTokenId !== undefined && (event.tokenId ?? usedTokenId) !== usedTokenId;
  return {
    actor: principal?.actor ?? principal?.ref,
    onBehalfOf: principal?.actor === undefined ? undefined : principal.ref,
    tokenId: usedTokenId,
    address: origin?.address,
    ...event,
    ...(isOfAnother ? { meta: { ...event.meta, usedTokenId } } : {}),
  };
}
