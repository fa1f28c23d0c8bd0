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

import {
  hintOfOrchestratorToken,
  ORCHESTRATOR_TOKEN_PATTERN,
} from '@flowgate/backstage-plugin-orchestrator-common';

const TOKENS = new RegExp(ORCHESTRATOR_TOKEN_PATTERN, 'g');

/** A text with what looks like a managed token cut down to its hint: what people paste somewhere is kept, secrets are not. */
export function withoutTokens(text: string): string {
  return text.replace(TOKENS, hintOfOrchestratorToken);
}

/** Whether a text holds what looks like a managed token, and so must not be kept where it would be of another meaning cut down. */
export function hasToken(text: string): boolean {
  return withoutTokens(text) !== text;
}
