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

import type { JsonObject, JsonValue } from '@backstage/types';
import type { EmbeddedOpenApiAuth } from '../../config/EngineConfig';
import type { CallAuth } from '../Definition';
import { isObject } from '../merge';
import { secretTemplate } from '../secretTemplate';
import type { OpenApiDocument } from './OpenApiDocument';

/** More than any document offers. */
const MAX_ALTERNATIVES = 50;
const MAX_SCHEMES = 20;

/** One scheme of an alternative, as an operation asks for it. */
interface Wanted {
  readonly name: string;
  readonly scheme: JsonObject;
  readonly scopes: readonly string[];
}

/** Where the credentials of a document come from. */
export interface Credentials {
  /** By the names of schemes. */
  readonly configured: ReadonlyMap<string, EmbeddedOpenApiAuth> | undefined;
  /** Whether the workflow may read a secret. */
  readonly hasSecret: (name: string) => boolean;
  /** Where calls go, for addresses that are relative to it. */
  readonly base: string;
}

/** How the calls of an operation prove who they are. */
export interface Security {
  readonly auth: readonly CallAuth[];
  /** The schemes of which one set is wanted, where none is configured and calls without any are refused. */
  readonly wanted?: readonly string[];
  /** What of the configuration fits no scheme of the document. */
  readonly misfits: readonly string[];
}

function schemesOf(document: OpenApiDocument): JsonObject {
  const { root } = document;
  return (
    document.resolve(
      document.version === 2
        ? root.securityDefinitions
        : document.resolve(root.components)?.securitySchemes,
    ) ?? {}
  );
}

/** The alternatives of an operation, each a set of schemes. */
function alternativesOf(
  document: OpenApiDocument,
  operation: JsonObject,
): Wanted[][] {
  const declared = operation.security ?? document.root.security;
  const schemes = schemesOf(document);
  return (Array.isArray(declared) ? declared : [])
    .slice(0, MAX_ALTERNATIVES)
    .filter(isObject)
    .filter(alternative => Object.keys(alternative).length <= MAX_SCHEMES)
    .map(alternative =>
      Object.entries(alternative).map(([name, scopes]) => ({
        name,
        scheme:
          document.resolve(
            Object.hasOwn(schemes, name)
              ? (schemes[name] as JsonValue)
              : undefined,
          ) ?? {},
        scopes: Array.isArray(scopes)
          ? scopes.filter((scope): scope is string => typeof scope === 'string')
          : [],
      })),
    );
}

/** Where a token is asked for with the client's own credentials. */
function tokenUrlOf(scheme: JsonObject): string | undefined {
  const flows = isObject(scheme.flows) ? scheme.flows : {};
  const flow = scheme.flow === 'application' ? scheme : flows.clientCredentials;
  return isObject(flow) && typeof flow.tokenUrl === 'string'
    ? flow.tokenUrl
    : undefined;
}

function kindOf({ scheme, type }: JsonObject): string {
  if (type === 'basic' || type === 'bearer') {
    return type;
  }
  return type === 'http' ? String(scheme).toLowerCase() : String(type);
}

function oauth2(
  { name, scheme, scopes }: Wanted,
  auth: Extract<EmbeddedOpenApiAuth, { clientId: string }>,
  base: string,
): CallAuth | undefined {
  const tokenUrl = auth.tokenUrl ?? tokenUrlOf(scheme);
  if (tokenUrl === undefined || !URL.canParse(tokenUrl, base)) {
    return undefined;
  }
  const url = new URL(tokenUrl, base);
  return /^https?:$/.test(url.protocol) && url.username + url.password === ''
    ? {
        scheme: 'oauth2',
        name,
        tokenUrl: url.href,
        clientId: secretTemplate(auth.clientId),
        clientSecret: secretTemplate(auth.clientSecret),
        scopes: auth.scopes ?? scopes,
      }
    : undefined;
}

function provider(
  { name, scheme }: Wanted,
  auth: Extract<EmbeddedOpenApiAuth, { provider: string }>,
): CallAuth | undefined {
  const isKey = kindOf(scheme) === 'apiKey';
  if (isKey && scheme.in !== 'header') {
    return undefined;
  }
  const header = auth.header ?? (isKey ? String(scheme.name) : 'authorization');
  return {
    scheme: 'provider',
    name,
    provider: auth.provider,
    header: header.toLowerCase(),
  };
}

/** What a scheme comes to with its configuration; undefined where they do not fit each other. */
function authOf(
  wanted: Wanted,
  auth: EmbeddedOpenApiAuth,
  base: string,
): CallAuth | undefined {
  const { name, scheme } = wanted;
  const kind = kindOf(scheme);
  if ('provider' in auth) {
    return provider(wanted, auth);
  }
  if ('token' in auth) {
    return ['bearer', 'oauth2', 'openIdConnect'].includes(kind)
      ? { scheme: 'bearer', name, token: secretTemplate(auth.token) }
      : undefined;
  }
  if ('username' in auth) {
    return kind === 'basic'
      ? {
          scheme: 'basic',
          name,
          username: secretTemplate(auth.username),
          password: secretTemplate(auth.password),
        }
      : undefined;
  }
  if ('clientId' in auth) {
    return ['oauth2', 'openIdConnect'].includes(kind)
      ? oauth2(wanted, auth, base)
      : undefined;
  }
  const place = scheme.in;
  return kind === 'apiKey' &&
    typeof scheme.name === 'string' &&
    (place === 'header' || place === 'query' || place === 'cookie')
    ? {
        scheme: 'apiKey',
        name,
        in: place,
        parameter: scheme.name,
        value: secretTemplate(auth.apiKey),
      }
    : undefined;
}

/** The secrets that a configuration names. */
function secretsOf(auth: EmbeddedOpenApiAuth): string[] {
  if ('provider' in auth) {
    return [];
  }
  if ('token' in auth) {
    return [auth.token];
  }
  if ('username' in auth) {
    return [auth.username, auth.password];
  }
  return 'clientId' in auth
    ? [auth.clientId, auth.clientSecret]
    : [auth.apiKey];
}

/** Chooses, of what an operation asks for, the first alternative of which every scheme is configured for the workflow. */
export function readSecurity(
  document: OpenApiDocument,
  operation: JsonObject,
  { base, configured, hasSecret }: Credentials,
): Security {
  const alternatives = alternativesOf(document, operation);
  const misfits = new Set<string>();
  for (const alternative of alternatives) {
    const auth = alternative.flatMap(wanted => {
      const given = configured?.get(wanted.name);
      if (given === undefined || !secretsOf(given).every(hasSecret)) {
        return [];
      }
      const made = authOf(wanted, given, base);
      if (made === undefined) {
        misfits.add(wanted.name);
      }
      return made ?? [];
    });
    if (alternative.length > 0 && auth.length === alternative.length) {
      return { auth, misfits: [] };
    }
  }
  const none =
    alternatives.length === 0 ||
    alternatives.some(alternative => alternative.length === 0);
  const names = alternatives.flatMap(alternative =>
    alternative.map(({ name }) => name),
  );
  return {
    auth: [],
    wanted: none ? undefined : [...new Set(names)],
    misfits: [...misfits],
  };
}
