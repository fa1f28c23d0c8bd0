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

import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import type { Config } from '@backstage/config';

/**
 * The refs of the people to sign in as, from `auth.providers.demo.people`; undefined where the provider is not configured.
 *
 * @throws Error that names the entry which is not the ref of a user
 */
export function readDemoPeople(rootConfig: Config): string[] | undefined {
  const config = rootConfig.getOptionalConfig('auth.providers.demo');
  return config?.getStringArray('people').map((text, index) => {
    const ref = parseEntityRef(text, { defaultKind: 'user' });
    if (ref.kind.toLocaleLowerCase('en-US') !== 'user') {
      throw new Error(
        `auth.providers.demo.people[${index}] is no ref of a user: ${text}`,
      );
    }
    return stringifyEntityRef(ref);
  });
}
