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

import type { JsonValue } from '@backstage/types';
import type { CallAuth, Template } from '../language/Definition';
import { isObject } from '../language/merge';
import type { GivenToken } from '../tokens/TokenVault';
import type { Auth } from './applyAuth';

/** A call cannot prove who it is; the message may be shown. */
export class AuthError extends Error {}

/** The parts of an auth that have to be filled. */
function partsOf(auth: CallAuth): { readonly [name: string]: Template } {
  switch (auth.scheme) {
    case 'bearer':
      return { token: auth.token };
    case 'basic':
      return { username: auth.username, password: auth.password };
    case 'apiKey':
      return { value: auth.value };
    case 'oauth2':
      return { clientId: auth.clientId, clientSecret: auth.clientSecret };
    default:
      return {};
  }
}

/** A template of the secrets of some auths; what it comes to is what `resolveAuth` reads. */
export function authTemplate(auths: readonly CallAuth[]): Template {
  return {
    kind: 'array',
    items: auths.map(auth => ({
      kind: 'object',
      entries: Object.entries(partsOf(auth)),
    })),
  };
}

function providerToken(
  provider: string,
  given: GivenToken | undefined,
): string {
  const needs = `needs the token of provider ${provider}, which whoever starts or retriggers the run has to give along`;
  if (given === undefined || ('token' in given && given.token === '')) {
    throw new AuthError(needs);
  }
  if ('token' in given) {
    return given.token;
  }
  throw new AuthError(
    given.lost === 'memory'
      ? `${needs}; it was given, and was lost with the memory of the process that had it, since orchestrator.engines.embedded.secretKey is not set`
      : `${needs}; it was given, and cannot be read any more, since orchestrator.engines.embedded.secretKey is another one now, or none`,
  );
}

/**
 * The auths of a call with their secrets.
 *
 * @param filled - what became of the template
 * @param tokens - that were given along with the run, by provider
 * @throws AuthError that names what is missing
 */
export function resolveAuth(
  auths: readonly CallAuth[],
  filled: JsonValue | undefined,
  tokens: ReadonlyMap<string, GivenToken>,
): readonly Auth[] {
  return auths.map((auth, i): Auth => {
    if (auth.scheme === 'provider') {
      const { header, name, provider, scheme } = auth;
      const token = providerToken(provider, tokens.get(provider));
      return { scheme, name, header, token };
    }
    const values = Array.isArray(filled) ? filled[i] : undefined;
    const parts: { [name: string]: string } = {};
    for (const part of Object.keys(partsOf(auth))) {
      const value = isObject(values) ? values[part] : undefined;
      if (
        !(typeof value === 'string' && value !== '') &&
        typeof value !== 'number'
      ) {
        throw new AuthError(`its auth ${auth.name} has no ${part}`);
      }
      parts[part] = String(value);
    }
    return { ...auth, ...parts } as unknown as Auth;
  });
}
