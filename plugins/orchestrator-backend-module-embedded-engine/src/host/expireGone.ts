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

import type { LeaseStore } from '../store/LeaseStore';
import { isGone } from './place';

/** Ends the leases of processes that can be seen to be gone, so that nobody waits for them to run out. */
export async function expireGone(
  leases: LeaseStore,
  owner: string,
): Promise<void> {
  const others = await leases.others(owner);
  const gone = others.filter(({ place }) => isGone(place)).map(({ id }) => id);
  if (gone.length > 0) {
    await leases.expire(gone);
  }
}
