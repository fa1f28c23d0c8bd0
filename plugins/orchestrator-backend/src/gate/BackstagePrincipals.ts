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

import type {
  AuthService,
  BackstageCredentials,
  BackstageServicePrincipal,
  BackstageUserPrincipal,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import type { Request } from 'express';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { isImpersonating } from '../config/externalAccess';
import { OrchestratorError } from '../errors/OrchestratorError';
import type { Principal } from './Principal';
import type { PrincipalSource, Verified } from './PrincipalSource';

/** The JOSE type of the tokens with which Backstage's plugins call each other. */
const PLUGIN_TOKEN_TYPE = 'vnd.backstage.plugin';

/** The one answer for every token that does not verify, so that it tells nothing of the reason. */
export function invalidToken(cause?: unknown): OrchestratorError {
  return new OrchestratorError('auth.invalid_token', 'The token is not valid', {
    cause,
  });
}

function notAllowed(message: string, cause?: unknown): OrchestratorError {
  return new OrchestratorError('auth.principal_not_allowed', message, {
    cause,
  });
}

function isNotAllowedError(error: unknown): boolean {
  return error instanceof Error && error.name === 'NotAllowedError';
}

/** The JOSE type of a token; undefined where it is none. */
function typeOf(token: string): unknown {
  try {
    return decodeProtectedHeader(token).typ;
  } catch {
    return undefined;
  }
}

/** The end of a token that was verified; milliseconds since the epoch. */
function expiryOf(token: string): number | undefined {
  try {
    const { exp } = decodeJwt(token);
    return typeof exp === 'number' ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/** Backstage's own tokens: those of users, plugins and external callers. Backstage verifies them; nothing here does. */
export class BackstagePrincipals implements PrincipalSource {
  readonly name = 'backstage';
  readonly #auth: AuthService;
  readonly #httpAuth: HttpAuthService;

  readonly #hasCustomExternalAccess: boolean;

  constructor(options: {
    auth: AuthService;
    httpAuth: HttpAuthService;
    /** Whether external tokens of a type that is not Backstage's own reach the plugin. */
    hasCustomExternalAccess: boolean;
  }) {
    this.#auth = options.auth;
    this.#httpAuth = options.httpAuth;
    this.#hasCustomExternalAccess = options.hasCustomExternalAccess;
  }

  recognises(): boolean {
    return true;
  }

  async verify(token: string): Promise<Verified> {
    const credentials = await this.#ask(() => this.#auth.authenticate(token));
    const principal = this.#principalOf(
      credentials,
      typeOf(token) === PLUGIN_TOKEN_TYPE,
    );
    if (!principal) {
      throw invalidToken();
    }
    // Backstage tells the end of user tokens only.
    return { principal, expiresAt: principal.expiresAt ?? expiryOf(token) };
  }

  async withoutToken(req: Request): Promise<Principal | undefined> {
    const credentials = await this.#ask(() =>
      this.#httpAuth.credentials(req, { allow: ['none', 'user', 'service'] }),
    );
    return this.fromCredentials(credentials);
  }

  /**
   * The principal of credentials that Backstage verified before they came here. Their token is not seen, so a subject that says
   * it is a plugin is believed, unless an external token could say so: the entries of Backstage's own types cannot, since the
   * plugin refuses to start with them.
   */
  fromCredentials(credentials: BackstageCredentials): Principal | undefined {
    const { principal } =
      credentials as BackstageCredentials<BackstageServicePrincipal>;
    const isPlugin =
      this.#auth.isPrincipal(credentials, 'service') &&
      !this.#hasCustomExternalAccess &&
      principal.accessRestrictions === undefined &&
      principal.subject.startsWith('plugin:');
    return this.#principalOf(credentials, isPlugin);
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      if (isNotAllowedError(error)) {
        // Backstage's own message names the other plugins that the token is for.
        throw notAllowed('This token is not meant for the orchestrator', error);
      }
      throw invalidToken(error);
    }
  }

  #principalOf(
    credentials: BackstageCredentials,
    isPlugin: boolean,
  ): Principal | undefined {
    if (this.#auth.isPrincipal(credentials, 'user')) {
      const user = credentials.principal as BackstageUserPrincipal;
      return {
        type: 'user',
        ref: user.userEntityRef,
        actor: user.actor?.subject,
        expiresAt: credentials.expiresAt?.getTime(),
        credentials,
      };
    }
    if (!this.#auth.isPrincipal(credentials, 'service')) {
      return undefined;
    }
    const { subject, accessRestrictions } =
      credentials.principal as BackstageServicePrincipal;
    if (isPlugin) {
      return { type: 'plugin', ref: subject, credentials };
    }
    if (isImpersonating(subject)) {
      throw notAllowed(
        'An external caller may not have the subject of a plugin or a user',
      );
    }
    return {
      type: 'external',
      ref: `external:${subject}`,
      accessRestrictions: accessRestrictions as Principal['accessRestrictions'],
      credentials,
    };
  }
}
