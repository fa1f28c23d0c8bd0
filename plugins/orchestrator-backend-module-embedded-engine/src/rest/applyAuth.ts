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

import type { HttpRequest } from './HttpTransport';
import { encode, setHeader } from './requestParts';

/** One way in which a call proves who it is, with its secrets. */
export type Auth =
  | {
      readonly scheme: 'bearer';
      readonly name: string;
      readonly token: string;
    }
  | {
      readonly scheme: 'basic';
      readonly name: string;
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly scheme: 'apiKey';
      readonly name: string;
      readonly in: 'header' | 'query' | 'cookie';
      readonly parameter: string;
      readonly value: string;
    }
  | {
      /** Its token is asked for when the call is made. */
      readonly scheme: 'oauth2';
      readonly name: string;
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scopes: readonly string[];
      readonly audience?: string;
    }
  | {
      readonly scheme: 'provider';
      readonly name: string;
      readonly header: string;
      readonly token: string;
    };

/** What HTTP's Basic scheme makes of a name and a password. */
export function basicCredentials(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}

/**
 * Adds to a request what proves who it is. It replaces what arguments have put in the same place.
 *
 * @param token - of oauth2
 * @returns the texts that must not come back, beside the secrets themselves
 * @throws RequestError that names the auth
 */
export function applyAuth(
  { headers, url }: HttpRequest,
  auth: Auth,
  token = '',
): readonly string[] {
  const shown = `what auth ${auth.name} sends`;
  switch (auth.scheme) {
    case 'bearer':
      setHeader(headers, 'authorization', `Bearer ${auth.token}`, shown);
      return [auth.token];
    case 'oauth2':
      setHeader(headers, 'authorization', `Bearer ${token}`, shown);
      return [token];
    case 'basic': {
      const credentials = basicCredentials(auth.username, auth.password);
      setHeader(headers, 'authorization', `Basic ${credentials}`, shown);
      return [credentials, `${auth.username}:${auth.password}`, auth.password];
    }
    case 'provider': {
      const isBearer = auth.header.toLowerCase() === 'authorization';
      const value = isBearer ? `Bearer ${auth.token}` : auth.token;
      setHeader(headers, auth.header, value, shown);
      return [auth.token];
    }
    default:
      applyApiKey({ headers, url }, auth, shown);
      return [auth.value];
  }
}

function applyApiKey(
  { headers, url }: Pick<HttpRequest, 'headers' | 'url'>,
  auth: Extract<Auth, { scheme: 'apiKey' }>,
  shown: string,
): void {
  if (auth.in === 'header') {
    setHeader(headers, auth.parameter, auth.value, shown);
  } else if (auth.in === 'query') {
    url.searchParams.set(auth.parameter, auth.value);
  } else {
    const name = encode(auth.parameter);
    const others = (headers.get('cookie') ?? '')
      .split('; ')
      .filter(pair => pair !== '' && !pair.startsWith(`${name}=`));
    const cookie = [...others, `${name}=${encode(auth.value)}`].join('; ');
    setHeader(headers, 'cookie', cookie, shown);
  }
}
