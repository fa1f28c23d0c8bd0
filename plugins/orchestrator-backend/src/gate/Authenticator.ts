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

import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { Request } from 'express';
import { hash as digest } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { AuthMode } from '../config/AuthConfig';
import { OrchestratorError } from '../errors/OrchestratorError';
import type { GateMetrics } from '../metrics/GateMetrics';
import { invalidToken } from './BackstagePrincipals';
import type { RequestOrigin } from './Access';
import { readCredential } from './credential';
import type { CredentialMemory } from './credentialMemory';
import type { Principal } from './Principal';
import type { PrincipalSource, Verified } from './PrincipalSource';

/** The caller of a request, and what is remembered for the credential it presented. */
export interface Caller {
  readonly principal: Principal;
  /** A slot that lives as long as the credential is remembered, for what is worked out from it. */
  readonly memory: CredentialMemory;
  /** Proves the credential again, from the database; absent where there is nothing to ask. */
  readonly reload?: () => Promise<Caller>;
}

interface Remembered extends Caller {
  readonly until: number;
  readonly isCurrent?: () => boolean;
}

/** How many credentials are remembered at most. */
const MAX_REMEMBERED = 10_000;

const ANONYMOUS: Principal = { type: 'anonymous', ref: 'anonymous' };

/** The first step of the gate: from what a request presents to who that is. */
export class Authenticator {
  readonly #sources: readonly PrincipalSource[];
  readonly #mode: AuthMode;
  readonly #rememberMs: number;
  readonly #now: () => number;
  readonly #metrics: GateMetrics;
  readonly #remembered = new LRUCache<string, Remembered>({
    max: MAX_REMEMBERED,
  });
  readonly #anonymous: Caller = { principal: ANONYMOUS, memory: {} };

  constructor(options: {
    sources: readonly PrincipalSource[];
    mode: AuthMode;
    rememberMs: number;
    now: () => number;
    metrics: GateMetrics;
  }) {
    this.#sources = options.sources;
    this.#mode = options.mode;
    this.#rememberMs = options.rememberMs;
    this.#now = options.now;
    this.#metrics = options.metrics;
  }

  /**
   * Says who calls.
   *
   * @throws OrchestratorError where nobody does and somebody must, or where what is presented does not verify
   */
  async authenticate(req: Request, origin: RequestOrigin): Promise<Caller> {
    const credential = readCredential(req);
    switch (credential.kind) {
      case 'bearer':
        return this.#ofToken(credential.token, origin);
      case 'malformed':
        if (credential.reason === 'repeated') {
          throw new OrchestratorError(
            'request.invalid',
            'Invalid request: header/authorization is given more than once',
            {
              faults: [
                {
                  path: 'header/authorization',
                  message: 'is given more than once',
                },
              ],
            },
          );
        }
        if (credential.reason === 'scheme') {
          throw new OrchestratorError(
            'auth.invalid_scheme',
            'The Authorization header must have the form: Bearer <token>',
          );
        }
        throw invalidToken();
      default:
        return this.#withoutToken(req);
    }
  }

  /**
   * Says who calls where Backstage has verified the credentials already.
   *
   * @throws OrchestratorError where nobody does and somebody must, or where they claim to be what they may not
   */
  ofCredentials(credentials: BackstageCredentials): Caller {
    for (const source of this.#sources) {
      const principal = source.fromCredentials?.(credentials);
      if (principal) {
        return { principal, memory: {} };
      }
    }
    return this.#nobody();
  }

  /** What a credential that was refused claims to be, for the limit on failures. */
  identityOf(req: Request): string | undefined {
    const credential = readCredential(req);
    if (credential.kind !== 'bearer') {
      return undefined;
    }
    const { token } = credential;
    return this.#sourceOf(token)?.identityOf?.(token);
  }

  async #ofToken(token: string, origin: RequestOrigin): Promise<Caller> {
    // Keyed by the exact text: one signature has many spellings.
    const key = digest('sha256', token, 'base64');
    const remembered = this.#remembered.get(key);
    if (
      remembered &&
      this.#now() < remembered.until &&
      (!remembered.isCurrent || remembered.isCurrent())
    ) {
      this.#metrics.verified('remembered', true);
      return remembered;
    }
    const source = this.#sourceOf(token);
    if (!source) {
      throw invalidToken();
    }
    return this.#verify(key, source.name, () => source.verify(token, origin));
  }

  #sourceOf(token: string): PrincipalSource | undefined {
    return this.#sources.find(candidate => candidate.recognises(token));
  }

  async #verify(
    key: string,
    source: string,
    prove: () => Promise<Verified>,
  ): Promise<Caller> {
    let verified: Verified;
    try {
      verified = await prove();
    } catch (error) {
      this.#metrics.verified(source, false);
      this.#remembered.delete(key);
      throw error;
    }
    this.#metrics.verified(source, true);
    const { principal, isCurrent, reload } = verified;
    const caller: Remembered = {
      principal,
      memory: {},
      isCurrent,
      reload: reload && (() => this.#verify(key, source, reload)),
      until: Math.min(
        this.#now() + this.#rememberMs,
        verified.expiresAt ?? Infinity,
      ),
    };
    if (caller.until > this.#now()) {
      this.#remembered.set(key, caller);
    }
    return caller;
  }

  async #withoutToken(req: Request): Promise<Caller> {
    for (const source of this.#sources) {
      const principal = await source.withoutToken?.(req);
      if (principal) {
        return { principal, memory: {} };
      }
    }
    return this.#nobody();
  }

  #nobody(): Caller {
    if (this.#mode === 'required') {
      throw missingToken();
    }
    return this.#anonymous;
  }
}

/** The answer for a caller that presented nothing where something is needed. */
export function missingToken(): OrchestratorError {
  return new OrchestratorError('auth.missing_token', 'Missing a bearer token');
}
