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

import type { LoggerService } from '@backstage/backend-plugin-api';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { BootstrapConfig } from '../config/AuthConfig';
import { OrchestratorError } from '../errors/OrchestratorError';
import type { Grant } from '../grants/Grant';
import type { Principal } from './Principal';
import type { PrincipalSource, Verified } from './PrincipalSource';

/** The ref of the bootstrap token, which no token of the database can have. */
export const BOOTSTRAP_REF = 'token:bootstrap';

/** The token of the configuration, for the first steps. */
export class BootstrapPrincipals implements PrincipalSource {
  readonly name = 'bootstrap';
  readonly #config: BootstrapConfig;
  readonly #now: () => number;
  readonly #principal: Principal;

  constructor(options: {
    config: BootstrapConfig;
    logger: LoggerService;
    now: () => number;
  }) {
    const { config, logger, now } = options;
    this.#config = config;
    this.#now = now;
    const grant: Grant = { name: '(bootstrap)', scopes: config.scopes };
    this.#principal = {
      type: 'token',
      ref: BOOTSTRAP_REF,
      tokenId: 'bootstrap',
      token: { kind: 'bootstrap', grants: [grant] },
      expiresAt: config.expiresAt,
    };
    const { expiresAt } = config;
    logger.warn(
      `The bootstrap token of orchestrator.auth.bootstrap ${describeEnd(
        expiresAt,
        now(),
      )}: remove it once there are other tokens`,
    );
  }

  recognises(token: string): boolean {
    return timingSafeEqual(
      createHash('sha256').update(token).digest(),
      this.#config.hash,
    );
  }

  /** @param token - one that {@link recognises} knows */
  async verify(): Promise<Verified> {
    const { expiresAt } = this.#config;
    if (expiresAt !== undefined && this.#now() >= expiresAt) {
      throw new OrchestratorError(
        'auth.token_expired',
        'The token has expired',
      );
    }
    return { principal: this.#principal, expiresAt };
  }
}

function describeEnd(expiresAt: number | undefined, now: number): string {
  if (expiresAt === undefined) return 'is accepted and never expires';
  const end = new Date(expiresAt).toISOString();
  return now < expiresAt
    ? `is accepted until ${end}`
    : `is refused: it expired at ${end}`;
}
