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
import { AuthenticationError } from '@backstage/errors';
import { createProxyAuthenticator } from '@backstage/plugin-auth-node';

/**
 * The header that names who wants to sign in. A page of another site cannot send it: the browser asks the backend first, whose
 * CORS answer names only the portal.
 */
export const PERSON_HEADER = 'x-demo-person';

/**
 * Takes the caller's word for who it is, among the example people.
 *
 * @param people - the refs of those people
 */
export function createDemoAuthenticator(people: readonly string[]) {
  return createProxyAuthenticator({
    defaultProfileTransform: async () => ({ profile: {} }),
    initialize: () => undefined,
    async authenticate({ req }) {
      const userRef = readRef(req.header(PERSON_HEADER));
      if (!userRef || !people.includes(userRef)) {
        throw new AuthenticationError(
          `The header ${PERSON_HEADER} names none of the example people`,
        );
      }
      return { result: { userRef } };
    },
  });
}

/** Reads `user:default/alice`, `default/alice` or `alice`. */
function readRef(text: string | undefined): string | undefined {
  try {
    return (
      text && stringifyEntityRef(parseEntityRef(text, { defaultKind: 'user' }))
    );
  } catch {
    return undefined;
  }
}
