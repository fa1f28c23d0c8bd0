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

import type { RootConfigService } from '@backstage/backend-plugin-api';
import { orchestratorScopes } from '@flowgate/backstage-plugin-orchestrator-common';

/** Where RFC 9728 puts the document of a resource that has a path. */
export const ROOT_DOCUMENT_PATH =
  '/.well-known/oauth-protected-resource/api/orchestrator';

/** Where the plugin itself serves it. */
export const OWN_DOCUMENT_PATH = '/.well-known/oauth-protected-resource';

/** The protected-resource document (RFC 9728), and where it is. Everything comes from the configuration, nothing from a request. */
export interface ProtectedResource {
  readonly document: {
    readonly resource: string;
    readonly [name: string]: unknown;
  };
  readonly rootUrl: string;
  readonly ownUrl: string;
}

/** Reads the document from the configuration. */
export function readProtectedResource(
  config: RootConfigService,
): ProtectedResource {
  const baseUrl = config.getString('backend.baseUrl').replace(/\/+$/, '');
  const isOidcOn =
    config.getOptionalBoolean('auth.clientIdMetadataDocuments.enabled') ||
    config.getOptionalBoolean(
      'auth.experimentalDynamicClientRegistration.enabled',
    );
  const resource = `${baseUrl}/api/orchestrator`;
  return {
    document: {
      resource,
      resource_name: 'Backstage orchestrator',
      ...(isOidcOn ? { authorization_servers: [`${baseUrl}/api/auth`] } : {}),
      scopes_supported: orchestratorScopes
        .map(({ scope }) => scope as string)
        .sort(),
      bearer_methods_supported: ['header'],
    },
    rootUrl: `${baseUrl}${ROOT_DOCUMENT_PATH}`,
    ownUrl: `${resource}${OWN_DOCUMENT_PATH}`,
  };
}
