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

import { checkAddress, UNKNOWN_ADDRESS } from './addresses';
import type { Compilation } from './Compilation';
import type {
  FunctionContext,
  FunctionDeclaration,
} from './FunctionDeclaration';
import type { CallAuth } from './Definition';
import { documentName, OpenApiError } from './openapi/OpenApiDocument';
import type { Security } from './openapi/readSecurity';
import { readServer } from './openapi/readServer';
import { ResourceError } from './Resources';

/** Says that calls of an operation will be refused, and what of the configuration could change it. */
function warnOfSecurity(
  compilation: Compilation,
  path: string,
  name: string,
  security: Security,
): void {
  const key = `orchestrator.engines.embedded.openapi.${name}.auth`;
  for (const misfit of security.misfits) {
    compilation.missing(
      path,
      `${key}.${misfit} has not what the security scheme ${misfit} of the document needs`,
    );
  }
  if (security.wanted !== undefined && security.misfits.length === 0) {
    compilation.configuration(
      path,
      `calls are made without the credentials that the document asks for: ${key} gives this workflow no secrets for ${security.wanted
        .slice(0, 20)
        .join(', ')}`,
    );
  }
}

/**
 * Reads a function that is an operation of an OpenAPI document.
 *
 * @param authRef - what the definition itself says of how its calls prove who they are; it stands before the document
 */
export async function readOpenApiFunction(
  compilation: Compilation,
  path: string,
  functionName: string,
  operation: string,
  context: FunctionContext,
  authRef: readonly CallAuth[],
): Promise<FunctionDeclaration | undefined> {
  const hash = operation.lastIndexOf('#');
  const reference = operation.slice(0, hash);
  const operationId = operation.slice(hash + 1);
  if (hash < 1 || operationId === '') {
    compilation.fault(path, 'must be <OpenAPI document>#<operationId>');
    return undefined;
  }
  const name = documentName(reference);
  const shown = JSON.stringify(reference).slice(0, 200);
  try {
    const { addresses, catalog, hasSecret } = context;
    const document = await catalog.document(reference);
    const configured = addresses.openApi(name);
    const base =
      configured?.baseUrl ??
      addresses.baseUrl(functionName) ??
      readServer(document, document.operation(operationId));
    if (
      base === undefined &&
      !compilation.missing(
        path,
        `${shown} names no server with a whole address; set orchestrator.engines.embedded.openapi.${name}.baseUrl`,
      )
    ) {
      return undefined;
    }
    const { operation: read, security } = catalog.entry(document, operationId, {
      configured: configured?.auth,
      hasSecret,
      base: base ?? UNKNOWN_ADDRESS,
    });
    if (!checkAddress(compilation, path, read.url, addresses)) {
      return undefined;
    }
    if (authRef.length > 0) {
      return { kind: 'openapi', operation: read, auth: authRef };
    }
    warnOfSecurity(compilation, path, name, security);
    return { kind: 'openapi', operation: read, auth: security.auth };
  } catch (error) {
    if (error instanceof ResourceError) {
      compilation.unreadable(path, error);
    } else if (error instanceof OpenApiError) {
      compilation.fault(path, `${shown} ${error.message}`);
    } else {
      throw error;
    }
    return undefined;
  }
}
