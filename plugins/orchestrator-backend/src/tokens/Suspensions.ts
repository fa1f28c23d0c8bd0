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

import type { StoredToken } from './StoredToken';

/** Which of some refs the catalog does not have; they are refs of users and groups. */
export type MissingOwners = (
  refs: readonly string[],
) => Promise<ReadonlySet<string>>;

/** What decides whether a token that has not ended is of use. */
export interface Standing {
  readonly token: StoredToken;
  /** When the owner of a personal token was last seen; milliseconds since the epoch. */
  readonly snapshotAt?: number;
}

/**
 * Which tokens are of no use for now: personal ones whose owner was not seen for too long, and those of users and groups that the
 * catalog does not have. They come back with their owners.
 */
export class Suspensions {
  readonly #policyMaxAgeMs: number | undefined;
  readonly #missingOwners: MissingOwners;

  /**
   * @param options - `policyMaxAgeMs`: how old the snapshot of an owner may be, absent where the permission framework is off
   */
  constructor(options: {
    policyMaxAgeMs: number | undefined;
    missingOwners: MissingOwners;
  }) {
    this.#policyMaxAgeMs = options.policyMaxAgeMs;
    this.#missingOwners = options.missingOwners;
  }

  /** Whether the owner of a personal token was not seen for too long. */
  isUnseen({ token, snapshotAt }: Standing, now: number): boolean {
    return (
      token.kind === 'personal' &&
      this.#policyMaxAgeMs !== undefined &&
      !(snapshotAt !== undefined && now - snapshotAt <= this.#policyMaxAgeMs)
    );
  }

  /**
   * The ids of those of some tokens that are suspended, where they have not ended. The catalog is asked once.
   *
   * @throws OrchestratorError `auth.policy_unavailable`
   */
  async among(
    standings: readonly Standing[],
    now: number,
  ): Promise<ReadonlySet<string>> {
    const isOpen = ({ token }: Standing) =>
      token.revokedAt === undefined && now < token.expiresAt;
    const isOwned = ({ token }: Standing) =>
      token.kind === 'personal' || token.kind === 'group';
    const open = standings.filter(isOpen);
    const owners = new Set(open.filter(isOwned).map(one => one.token.owner!));
    const missing =
      owners.size > 0 ? await this.#missingOwners([...owners]) : owners;
    return new Set(
      open
        .filter(
          one =>
            this.isUnseen(one, now) ||
            (isOwned(one) && missing.has(one.token.owner!)),
        )
        .map(one => one.token.id),
    );
  }
}
