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

import { formatOrchestratorToken } from '@flowgate/backstage-plugin-orchestrator-common';

/** What a flood presents, new with each request. */
export type FloodCredential = 'garbage' | 'made-up';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function chance(length: number): string {
  let text = '';
  for (let n = 0; n < length; n += 1) {
    text += DIGITS[Math.floor(Math.random() * DIGITS.length)];
  }
  return text;
}

/** Makes a token that nobody minted. */
export const makeCredential: Readonly<Record<FloodCredential, () => string>> = {
  /** Looks like a token but for its checksum. */
  garbage: () => `orch_svc_${chance(61)}`,
  /** Can be told from a token only by a look into the database. */
  'made-up': () =>
    formatOrchestratorToken({
      kind: 'service',
      id: chance(12),
      secret: chance(43),
    }),
};
