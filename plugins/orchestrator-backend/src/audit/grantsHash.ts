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
import { writeScope } from '../grants/Grant';

/** SHA-256 in hex of what the configuration gives to whom. Of the bootstrap token it has what that may do, and nothing of itself. */
export function grantsHash(config: AuthConfig): string {
  const { grants, bootstrap } = config;
  const text = JSON.stringify([
    describeGrants(config),
    grants.map(({ name, match }) => [name, match.expression?.text]),
    bootstrap && [bootstrap.scopes.map(writeScope), bootstrap.expiresAt],
  ]);
  return createHash('sha256').update(text).digest('hex');
}
