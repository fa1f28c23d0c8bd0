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

import type { DraftKind } from '../../tokens/tokenDraft';

/** The kinds of tokens that can be made here, in the order in which they are offered. */
export const TOKEN_KINDS: readonly {
  kind: DraftKind;
  label: string;
  explanation: string;
}[] = [
  {
    kind: 'personal',
    label: 'Personal',
    explanation: 'acts as you, within what you may do at the time',
  },
  {
    kind: 'trigger',
    label: 'Trigger',
    explanation: 'starts one workflow and does nothing else',
  },
  {
    kind: 'group',
    label: 'Group',
    explanation: 'belongs to one of your groups, whose members manage it',
  },
  {
    kind: 'service',
    label: 'Service',
    explanation: 'belongs to nobody; for administrators',
  },
];
