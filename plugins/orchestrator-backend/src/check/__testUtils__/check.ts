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

import path from 'node:path';
import { checkConfig } from '../checkConfig';

/** Where the configurations of the tests are. */
export const folder = path.join(__dirname, '../__fixtures__');
/** The variables that they name. */
export const SECRETS = {
  POSTGRES_PASSWORD: 'secret-of-postgres',
  BACKEND_SECRET: 'c2VjcmV0LW9mLWxlZ2FjeQ==',
  NIGHTLY_TOKEN: 'secret-of-nightly',
  CATALOG_TOKEN: 'secret-of-catalog',
  KAFKA_PASSWORD: 'secret-of-kafka',
  LOKI_TOKEN: 'secret-of-loki',
};

/** Checks as the command does. */
export async function check(
  argv: readonly string[],
  options: { env?: Record<string, string>; folder?: string } = {},
) {
  const printed: string[] = [];
  const code = await checkConfig(argv, {
    env: SECRETS,
    folder,
    print: text => printed.push(text),
    ...options,
  });
  return { code, text: printed.join('\n') };
}
