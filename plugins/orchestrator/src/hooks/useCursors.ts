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

import { useState } from 'react';

const FIRST_PAGE: readonly string[] = [];

/** Where a reader is in a list that is read page by page. */
export interface Cursors {
  /** The cursor of the page that is shown; the first page has none. */
  readonly cursor?: string;
  readonly isFirstPage: boolean;
  /** Goes on to the page of a cursor. */
  next(cursor: string): void;
  /** Goes back by one page. */
  previous(): void;
  /** Goes back to the first page. */
  reset(): void;
}

/**
 * Remembers the cursors of the pages up to the one that is shown.
 *
 * @param list - what tells this list from others, for example its filter: a cursor is of use in its own list only
 */
export function useCursors(list: string): Cursors {
  const [state, setState] = useState({ list, cursors: FIRST_PAGE });
  const cursors = state.list === list ? state.cursors : FIRST_PAGE;
  const go = (to: readonly string[]) => setState({ list, cursors: to });
  return {
    cursor: cursors[cursors.length - 1],
    isFirstPage: cursors.length === 0,
    next: cursor => go([...cursors, cursor]),
    previous: () => go(cursors.slice(0, -1)),
    reset: () => go(FIRST_PAGE),
  };
}
