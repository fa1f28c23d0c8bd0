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

import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { isStorableText } from '../database/storableText';
import type {
  ListedToken,
  TokenFilter,
  TokenLists,
  TokenPlace,
} from '../database/TokenLists';
import { invalidRequest } from '../errors/OrchestratorError';
import type { Access } from '../gate/Access';
import { ownerRefsOf } from './ownerRef';
import type { Suspensions } from './Suspensions';
import { readCursor, writeCursor } from './tokenCursor';
import { toTokenDto, type TokenDto } from './tokenDto';
import { requireVisible } from './TokenVisibility';

type Schemas = components['schemas'];

/** Which tokens to list; the texts of the query parameters. */
export interface ListQuery {
  readonly kind?: string;
  readonly owner?: string;
  readonly status?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

const DEFAULT_LIMIT = 50;

/** How many tokens are looked at in one step, where the catalog decides which of them are listed. */
const STEP = 200;

/** After so many steps a page ends, also where it is not full. */
const MAX_STEPS = 5;

/** Shows tokens to those who may know of them. */
export class TokenReader {
  readonly #lists: TokenLists;
  readonly #suspensions: Suspensions;
  readonly #now: () => number;

  constructor(options: {
    lists: TokenLists;
    suspensions: Suspensions;
    now: () => number;
  }) {
    this.#lists = options.lists;
    this.#suspensions = options.suspensions;
    this.#now = options.now;
  }

  /**
   * One token.
   *
   * @throws OrchestratorError `token.not_found`
   */
  async get(access: Access, id: string): Promise<TokenDto> {
    const listed = await requireVisible(access, await this.#lists.find(id));
    const now = this.#now();
    const suspended = await this.#suspensions.among([listed], now);
    return toTokenDto(listed, now, suspended.has(id));
  }

  /**
   * One page of the caller's tokens and those of its groups, or of everybody's with tokens:admin; the newest first. Whether a
   * token that has not ended is suspended, the catalog says: a page of active or of suspended tokens looks at a bounded number of
   * candidates, so that it may be short of its limit, or empty, and yet have a cursor for the rest.
   *
   * @throws OrchestratorError 400
   */
  async list(access: Access, query: ListQuery): Promise<Schemas['TokenList']> {
    const after = query.cursor ? readCursor(query.cursor) : undefined;
    const { owner } = query;
    if (owner && !isStorableText(owner)) {
      throw invalidRequest([
        {
          path: 'query/owner',
          message: 'has characters that are not allowed here',
        },
      ]);
    }
    const now = this.#now();
    const filter: TokenFilter = {
      visible: await this.#visible(access),
      kind: query.kind as Schemas['TokenKind'] | undefined,
      namedOwners: owner ? ownerRefsOf(owner) : undefined,
      state: stateOf(query.status),
    };
    const limit = query.limit ? Number(query.limit) : DEFAULT_LIMIT;
    const page = { filter, after, limit, now };
    return filter.state === 'live'
      ? this.#pageOfLive(page, query.status === 'suspended')
      : this.#page(page);
  }

  async #visible(access: Access): Promise<TokenFilter['visible']> {
    if (await access.allows('tokens:admin')) return undefined;
    const owners = await access.ownerRefs();
    return { owners, id: access.principal.tokenId };
  }

  async #page(page: Page): Promise<Schemas['TokenList']> {
    const { filter, after, limit, now } = page;
    const found = await this.#lists.page(filter, {
      after,
      limit: limit + 1,
      now,
    });
    const shown = found.slice(0, limit);
    const suspended = await this.#suspensions.among(shown, now);
    return {
      items: shown.map(one =>
        toTokenDto(one, now, suspended.has(one.token.id)),
      ),
      nextCursor: found.length > limit ? cursorOf(shown.at(-1)) : undefined,
    };
  }

  async #pageOfLive(
    { filter, after, limit, now }: Page,
    isSuspended: boolean,
  ): Promise<Schemas['TokenList']> {
    const items: TokenDto[] = [];
    let last: TokenPlace | undefined = after;
    for (let step = 0; step < MAX_STEPS; step += 1) {
      const found = await this.#lists.page(filter, {
        after: last,
        limit: STEP,
        now,
      });
      const suspended = await this.#suspensions.among(found, now);
      for (const [index, listed] of found.entries()) {
        last = listed.token;
        if (suspended.has(listed.token.id) !== isSuspended) continue;
        items.push(toTokenDto(listed, now, isSuspended));
        const isLast = index === found.length - 1 && found.length < STEP;
        if (items.length === limit) {
          return { items, nextCursor: isLast ? undefined : cursorOf(listed) };
        }
      }
      if (found.length < STEP) return { items };
    }
    return { items, nextCursor: last && writeCursor(last) };
  }
}

interface Page {
  readonly filter: TokenFilter;
  readonly after: TokenPlace | undefined;
  readonly limit: number;
  readonly now: number;
}

function cursorOf(listed: ListedToken | undefined): string | undefined {
  return listed && writeCursor(listed.token);
}

function stateOf(status: string | undefined): TokenFilter['state'] {
  return status === 'expired' || status === 'revoked' || status === undefined
    ? status
    : 'live';
}
