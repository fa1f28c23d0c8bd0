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

import { createHash } from 'node:crypto';
import type { AuthConfig } from '../config/AuthConfig';
import { describeGrants } from '../config/describeGrants';

/** SHA-256 in hex of what the configuration gives to whom. */
export function grantsHash(config: AuthConfig): string {
  const expressions = config.grants.map(({ name, match }) => [
    name,
    match.expression?.text,
  ]);
  return createHash('sha256')
    .update(JSON.stringify([describeGrants(config), expressions]))
    .digest('hex');
}
