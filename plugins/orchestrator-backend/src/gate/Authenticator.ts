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

import type { Request } from 'express';
import { hash as digest } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { AuthMode } from '../config/AuthConfig';
import { OrchestratorError } from '../errors/OrchestratorError';
import type { GateMetrics } from '../metrics/GateMetrics';
import { invalidToken } from './BackstagePrincipals';
import { readCredential } from './credential';
import type { Principal } from './Principal';
import type { PrincipalSource } from './PrincipalSource';

/** The caller of a request, and what is remembered for the credential it presented. */
export interface Caller {
  readonly principal: Principal;
  /** A slot that lives as long as the credential is remembered, for what is worked out from it. */
  readonly memory: CredentialMemory;
}

/** What is worked out for a credential and may be kept beside it. */
export interface CredentialMemory {
  rights?: unknown;
  decisions?: unknown;
}

interface Remembered extends Caller {
  readonly until: number;
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
  async authenticate(req: Request): Promise<Caller> {
    const credential = readCredential(req);
    switch (credential.kind) {
      case 'bearer':
        return this.#ofToken(credential.token);
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

  async #ofToken(token: string): Promise<Caller> {
    // Keyed by the exact text: one signature has many spellings.
    const key = digest('sha256', token, 'base64');
    const remembered = this.#remembered.get(key);
    if (remembered && this.#now() < remembered.until) {
      this.#metrics.verified('remembered', true);
      return remembered;
    }
    const caller = await this.#verify(token);
    if (caller.until > this.#now()) {
      this.#remembered.set(key, caller);
    }
    return caller;
  }

  async #verify(token: string): Promise<Remembered> {
    const source = this.#sources.find(candidate => candidate.recognises(token));
    if (!source) {
      throw invalidToken();
    }
    let verified;
    try {
      verified = await source.verify(token);
    } catch (error) {
      this.#metrics.verified(source.name, false);
      throw error;
    }
    this.#metrics.verified(source.name, true);
    return {
      principal: verified.principal,
      memory: {},
      until: Math.min(
        this.#now() + this.#rememberMs,
        verified.expiresAt ?? Infinity,
      ),
    };
  }

  async #withoutToken(req: Request): Promise<Caller> {
    for (const source of this.#sources) {
      const principal = await source.withoutToken?.(req);
      if (principal) {
        return { principal, memory: {} };
      }
    }
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
