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
import type { JsonObject, JsonValue } from '@backstage/types';
import type {
  EmbeddedEngineConfig,
  EmbeddedOpenApiAuth,
  EmbeddedOpenApiConfig,
} from './EngineConfig';
import { isObject } from '../language/merge';
import { KEY } from './key';
import { httpAddress, objectAt, withKeys } from './values';

const FORMS: readonly {
  readonly secrets: readonly string[];
  readonly others: readonly string[];
}[] = [
  { secrets: ['token'], others: [] },
  { secrets: ['username', 'password'], others: [] },
  { secrets: ['apiKey'], others: [] },
  { secrets: ['clientId', 'clientSecret'], others: ['tokenUrl', 'scopes'] },
  { secrets: [], others: ['provider', 'header'] },
];

const WORDS =
  '{token}, {username, password}, {apiKey}, {clientId, clientSecret, tokenUrl?, scopes?} or {provider, header?}';

/** What is no name of a header cannot be sent. */
const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;

function checkOthers(
  key: string,
  { header, provider, scopes, tokenUrl }: JsonObject,
): void {
  if (tokenUrl !== undefined) {
    httpAddress(`${key}.tokenUrl`, tokenUrl);
  }
  if (
    scopes !== undefined &&
    !(
      Array.isArray(scopes) &&
      scopes.every(scope => typeof scope === 'string' && /^\S+$/.test(scope))
    )
  ) {
    throw new Error(`${key}.scopes must be a list of texts without spaces`);
  }
  if (provider !== undefined && (typeof provider !== 'string' || !provider)) {
    throw new Error(`${key}.provider must be a text`);
  }
  if (
    header !== undefined &&
    !(typeof header === 'string' && HEADER.test(header))
  ) {
    throw new Error(`${key}.header must be the name of a header`);
  }
}

function readAuth(
  key: string,
  value: JsonValue | undefined,
  secrets: EmbeddedEngineConfig['secrets'],
): EmbeddedOpenApiAuth {
  if (!isObject(value)) {
    throw new Error(`${key} must be ${WORDS}`);
  }
  const auth = value;
  const form = FORMS.find(({ others, secrets: needed }) => {
    const required = needed.length > 0 ? needed : ['provider'];
    return (
      required.every(name => Object.hasOwn(auth, name)) &&
      Object.keys(auth).every(
        name => needed.includes(name) || others.includes(name),
      )
    );
  });
  if (form === undefined) {
    throw new Error(`${key} must be ${WORDS}`);
  }
  for (const name of form.secrets) {
    const secret = auth[name];
    if (typeof secret !== 'string' || !secrets.has(secret)) {
      throw new Error(
        `${key}.${name} must be the name of one of ${KEY}.secrets`,
      );
    }
  }
  checkOthers(key, auth);
  return auth as unknown as EmbeddedOpenApiAuth;
}

/**
 * Reads what the engine should know of OpenAPI documents.
 *
 * @throws Error that names the key that is wrong
 */
export function readOpenApi(
  config: Config | undefined,
  secrets: EmbeddedEngineConfig['secrets'],
  unknown: string[],
): EmbeddedEngineConfig['openapi'] {
  return new Map(
    Object.entries(objectAt(config, 'openapi')).map(
      ([name, entry]): [string, EmbeddedOpenApiConfig] => {
        const key = `${KEY}.openapi.${name}`;
        const { auth, baseUrl } = withKeys(
          key,
          entry,
          ['baseUrl', 'auth'],
          unknown,
        );
        if (auth !== undefined && !isObject(auth)) {
          throw new Error(`${key}.auth must be an object`);
        }
        return [
          name,
          {
            baseUrl:
              baseUrl === undefined
                ? undefined
                : httpAddress(`${key}.baseUrl`, baseUrl),
            auth: new Map(
              Object.entries(auth ?? {}).map(([scheme, value]) => [
                scheme,
                readAuth(`${key}.auth.${scheme}`, value, secrets),
              ]),
            ),
          },
        ];
      },
    ),
  );
}
