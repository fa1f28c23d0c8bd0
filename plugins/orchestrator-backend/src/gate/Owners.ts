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

import type { AuthService } from '@backstage/backend-plugin-api';
import {
  type Entity,
  parseEntityRef,
  RELATION_MEMBER_OF,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { LRUCache } from 'lru-cache';
import { OrchestratorError } from '../errors/OrchestratorError';

/** How many owners are remembered at most. */
const MAX_REMEMBERED = 10_000;

/** For how long the last answer stands in where the catalog does not answer; milliseconds. */
const LAST_KNOWN = 5 * 60_000;

/** Seconds after which a caller may try again when the catalog does not answer. */
const RETRY_AFTER = 5;

/** What the catalog says of a user or a group. */
export interface OwnerEntity {
  /** The refs of the groups that it is a direct member of. */
  readonly memberOf: readonly string[];
  readonly email?: string;
}

interface Known {
  readonly at: number;
  /** Absent where the catalog has no such entity. */
  readonly entity?: OwnerEntity;
}

/** What the catalog says of the owners of managed tokens, who are not there to be asked themselves. */
export class Owners {
  readonly #catalog: CatalogService;
  readonly #auth: AuthService;
  readonly #rememberMs: number;
  readonly #now: () => number;
  readonly #known = new LRUCache<string, Known>({ max: MAX_REMEMBERED });
  readonly #asking = new Map<string, Promise<Known>>();

  constructor(options: {
    catalog: CatalogService;
    auth: AuthService;
    rememberMs: number;
    now: () => number;
  }) {
    this.#catalog = options.catalog;
    this.#auth = options.auth;
    this.#rememberMs = options.rememberMs;
    this.#now = options.now;
  }

  /**
   * The entity of an owner; undefined where the catalog has none.
   *
   * @throws OrchestratorError `auth.policy_unavailable` where the catalog has not answered for five minutes
   */
  async find(ref: string): Promise<OwnerEntity | undefined> {
    const known = this.#known.get(ref);
    if (known && this.#now() - known.at < this.#rememberMs) {
      return known.entity;
    }
    let asking = this.#asking.get(ref);
    if (!asking) {
      asking = this.#ask([ref]).then(([answer]) => answer);
      this.#asking.set(ref, asking);
      const done = () => this.#asking.delete(ref);
      asking.then(done, done);
    }
    try {
      return (await asking).entity;
    } catch (error) {
      if (known && this.#now() - known.at <= LAST_KNOWN) {
        return known.entity;
      }
      throw unavailable(error);
    }
  }

  /**
   * Those of the refs that the catalog has no entity for, by one request.
   *
   * @throws OrchestratorError `auth.policy_unavailable`
   */
  async missing(refs: readonly string[]): Promise<ReadonlySet<string>> {
    if (refs.length === 0) {
      return new Set();
    }
    try {
      const answers = await this.#ask(refs);
      return new Set(refs.filter((_, index) => !answers[index].entity));
    } catch (error) {
      throw unavailable(error);
    }
  }

  async #ask(refs: readonly string[]): Promise<Known[]> {
    const { items } = await this.#catalog.getEntitiesByRefs(
      { entityRefs: [...refs] },
      { credentials: await this.#auth.getOwnServiceCredentials() },
    );
    const at = this.#now();
    return refs.map((ref, index) => {
      const entity = items[index];
      const answer: Known = { at, entity: entity && factsOf(entity) };
      this.#known.set(ref, answer);
      return answer;
    });
  }
}

function factsOf(entity: Entity): OwnerEntity {
  const profile = entity.spec?.profile as { email?: unknown } | undefined;
  return {
    memberOf: (entity.relations ?? [])
      .filter(({ type }) => type === RELATION_MEMBER_OF)
      .map(({ targetRef }) => stringifyEntityRef(parseEntityRef(targetRef))),
    email: typeof profile?.email === 'string' ? profile.email : undefined,
  };
}

function unavailable(cause: unknown): OrchestratorError {
  return new OrchestratorError(
    'auth.policy_unavailable',
    'The catalog does not answer at the moment',
    { cause, retryAfter: RETRY_AFTER },
  );
}
