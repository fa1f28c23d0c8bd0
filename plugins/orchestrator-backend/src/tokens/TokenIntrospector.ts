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

import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import type { AuditTrail } from '../audit/AuditTrail';
import type { Access } from '../gate/Access';
import { findBySecret, type OpenedToken } from './findBySecret';
import type { FindRecord } from './StoredToken';
import type { Suspensions } from './Suspensions';
import { scopesOf } from './tokenDto';
import { tokenEvent } from './tokenEvent';

/** What is told of a token (RFC 7662). */
export type Introspection = components['schemas']['Introspection'];

/** Says whether the text of a token would open anything now, and what. */
export class TokenIntrospector {
  readonly #findRecord: FindRecord;
  readonly #suspensions: Suspensions;
  readonly #audit: AuditTrail;
  readonly #issuer: string;
  readonly #now: () => number;

  /** @param options - `issuer`: the URL of the plugin, which made the tokens and takes them */
  constructor(options: {
    findRecord: FindRecord;
    suspensions: Suspensions;
    audit: AuditTrail;
    issuer: string;
    now: () => number;
  }) {
    this.#findRecord = options.findRecord;
    this.#suspensions = options.suspensions;
    this.#audit = options.audit;
    this.#issuer = options.issuer;
    this.#now = options.now;
  }

  /** What is known of a token; of anything but a managed token that is of use now, that it is not active. */
  async introspect(access: Access, text: string): Promise<Introspection> {
    return this.#audit.around<Introspection>(
      tokenEvent(access, 'introspect-token', 'low'),
      async () => {
        const now = this.#now();
        const found = await findBySecret(this.#findRecord, text, now);
        if (!found || (await this.#isSuspended(found, now))) {
          return { result: { active: false }, meta: { active: false } };
        }
        const meta = { active: true, token: found.record.token.id };
        return { result: this.#describe(found), meta };
      },
    );
  }

  async #isSuspended({ record }: OpenedToken, now: number): Promise<boolean> {
    const { token, snapshot } = record;
    const standing = { token, snapshotAt: snapshot?.takenAt };
    return (await this.#suspensions.among([standing], now)).has(token.id);
  }

  #describe({ record, secret }: OpenedToken): Introspection {
    const { id, kind, owner } = record.token;
    const isPersonal = kind === 'personal';
    return {
      active: true,
      scope: scopesOf(secret.grants).join(' '),
      client_id: `token:${id}`,
      username: isPersonal ? owner : undefined,
      token_type: 'Bearer',
      exp: Math.floor(secret.expiresAt / 1_000),
      iat: Math.floor(secret.createdAt / 1_000),
      sub: isPersonal ? owner : `token:${id}`,
      aud: this.#issuer,
      iss: this.#issuer,
      jti: id,
    };
  }
}
