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

import {
  isOrchestratorScope,
  type OrchestratorScope,
} from '@flowgate/backstage-plugin-orchestrator-common';

/** A parameter that an operation declares. */
export interface OperationParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: object;
}

/** An operation of the OpenAPI document, with what the gate enforces of it. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** No credential is looked at. */
  readonly isPublic: boolean;
  /** Every caller needs all of these; none for every caller with a valid credential. */
  readonly scopes: readonly OrchestratorScope[];
  /** Any one of these opens the operation in place of `scopes`. */
  readonly scopesInstead: readonly OrchestratorScope[];
  /** Scopes that it does not need, but that make it do more. */
  readonly widenedBy: readonly OrchestratorScope[];
  /** Trigger and agent tokens reach it, though it needs no scope. */
  readonly isOpenToNarrowTokens: boolean;
  /** A managed token may do it to itself whatever its scopes. */
  readonly isOpenToItself: boolean;
  /** Scopes that are needed in addition where a query parameter is present. */
  readonly scopesIf: readonly {
    readonly parameter: string;
    readonly scopes: readonly OrchestratorScope[];
  }[];
  /** Answers with an empty list where the permission policy denies. */
  readonly isList: boolean;
  /** Of this project and not of Red Hat's orchestrator: what the operation does not declare is refused. */
  readonly isStrict: boolean;
  /** The most bytes of its body, where that is less than for others. */
  readonly bodyLimit?: number;
  /** How all headers begin, in lower case, that it reads beside those that it declares. */
  readonly headerPrefix?: string;
  /** The id under which the operation is audited. */
  readonly auditEvent?: string;
  readonly parameters: readonly OperationParameter[];
  /** Schemas of the body by media type; absent where the operation takes none. */
  readonly body?: {
    readonly isRequired: boolean;
    readonly schemas: ReadonlyMap<string, object>;
  };
}

type Json = Record<string, any>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** Follows the `$ref`s that point into the document itself. */
function resolve(document: Json, value: Json): Json {
  let current = value;
  while (typeof current?.$ref === 'string') {
    const steps: string[] = current.$ref.slice(2).split('/');
    current = steps.reduce<Json>(
      (at, step) => at[step.replace(/~1/g, '/').replace(/~0/g, '~')],
      document,
    );
  }
  return current;
}

function scopesOf(where: string, names: unknown): OrchestratorScope[] {
  const list = Array.isArray(names) ? names : [];
  for (const name of list) {
    if (typeof name !== 'string' || !isOrchestratorScope(name)) {
      throw new Error(
        `${where} asks for the unknown scope ${JSON.stringify(name)}`,
      );
    }
  }
  return list;
}

function readOperation(
  document: Json,
  path: string,
  method: string,
  item: Json,
): Operation {
  const raw: Json = item[method];
  const where = `${method.toUpperCase()} ${path}`;
  if (!Array.isArray(raw.security) || raw.security.length > 1) {
    throw new Error(
      `${where} must have a security entry, with one alternative at most`,
    );
  }
  const isPublic = raw.security.length === 0;
  const body = raw.requestBody && resolve(document, raw.requestBody);
  return {
    id: raw.operationId,
    method: method.toUpperCase(),
    path,
    isPublic,
    scopes: isPublic ? [] : scopesOf(where, raw.security[0].bearer),
    scopesInstead: scopesOf(where, raw['x-scopes-instead']),
    widenedBy: scopesOf(where, raw['x-widened-by']),
    isOpenToNarrowTokens: raw['x-open-to-narrow-tokens'] === true,
    isOpenToItself: raw['x-open-to-itself'] === true,
    scopesIf: (raw['x-scopes-if'] ?? []).map((entry: Json) => ({
      parameter: entry.parameter,
      scopes: scopesOf(where, entry.scopes),
    })),
    isList: raw['x-list'] === true,
    isStrict: raw['x-strict'] === true,
    bodyLimit: raw['x-body-limit'],
    headerPrefix: raw['x-header-prefix'],
    auditEvent: raw['x-audit-event'],
    parameters: [...(item.parameters ?? []), ...(raw.parameters ?? [])].map(
      parameter => {
        const resolved = resolve(document, parameter);
        return {
          name: resolved.name,
          in: resolved.in,
          schema: resolve(document, resolved.schema),
        };
      },
    ),
    body: body && {
      isRequired: body.required === true,
      schemas: new Map(
        Object.entries<Json>(body.content).map(([type, content]) => [
          type,
          content.schema,
        ]),
      ),
    },
  };
}

/**
 * Reads the operations of an OpenAPI document.
 *
 * @throws Error where an operation has no `security` entry, or names a scope that is not in the catalogue
 */
export function readOperations(document: Json): Operation[] {
  return Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    METHODS.filter(method => item[method]).map(method =>
      readOperation(document, path, method, item),
    ),
  );
}
