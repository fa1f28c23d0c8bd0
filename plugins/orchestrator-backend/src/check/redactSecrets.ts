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

import type { Config } from '@backstage/config';
import type { JsonValue } from '@backstage/types';

/** Keys whose values nobody should see. */
const SECRET_KEY = /token|secret|password|passphrase|credential|bearer|key$/i;

/** Below it, everything is. */
const SECRETS = 'secrets';

/** Shorter values would be found in words. */
const MIN_LENGTH = 6;

function collect(
  value: JsonValue | undefined,
  key: string,
  isBelowSecrets: boolean,
): string[] {
  if (typeof value === 'string') {
    const isSecret = isBelowSecrets || SECRET_KEY.test(key);
    return isSecret && value.length >= MIN_LENGTH ? [value] : [];
  }
  if (Array.isArray(value)) {
    return value.flatMap(item => collect(item, key, isBelowSecrets));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([inner, one]) =>
      collect(one, inner, isBelowSecrets || key === SECRETS),
    );
  }
  return [];
}

/** What could move the cursor of a terminal. */
const CONTROLS = /(?!\n)\p{Cc}/gu;

/** Takes the secrets of a configuration out of a text, whatever brought them there, and what a terminal would obey. */
export function redactSecrets(text: string, config: Config): string {
  const secrets = collect(config.getOptional(), '', false);
  return secrets
    .sort((one, other) => other.length - one.length)
    .reduce((rest, secret) => rest.split(secret).join('***'), text)
    .replace(CONTROLS, '?');
}
