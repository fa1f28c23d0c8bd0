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

import type { AuditTrail } from '../audit/AuditTrail';
import type { TokenConfig } from '../config/AuthConfig';
import type { AuditStore } from '../database/AuditStore';
import type { IndexDatabase } from '../database/IndexDatabase';
import type { TokenChangeStore } from '../database/TokenChangeStore';
import { TokenLists } from '../database/TokenLists';
import { TokenStore } from '../database/TokenStore';
import { TokenSweeps } from '../database/TokenSweeps';
import type { FindRecord } from './StoredToken';
import { Suspensions, type MissingOwners } from './Suspensions';
import { TokenIntrospector } from './TokenIntrospector';
import { TokenMinter, type FindWorkflow } from './TokenMinter';
import { TokenReader } from './TokenReader';
import { TokenRenamer } from './TokenRenamer';
import { TokenRevoker } from './TokenRevoker';
import { TokenRotator } from './TokenRotator';
import type { TokenService } from './TokenService';

/** What managed tokens are made from. */
export interface TokenServiceOptions {
  readonly database: IndexDatabase;
  readonly changes: TokenChangeStore;
  readonly auditStore: AuditStore;
  readonly audit: AuditTrail;
  readonly config: TokenConfig;
  /** Whether the permission framework is on: without it, no owner has to be seen. */
  readonly isPolicyAsked: boolean;
  /** Reads a token from the database, never from memory. */
  readonly findRecord: FindRecord;
  readonly findWorkflow: FindWorkflow;
  readonly missingOwners: MissingOwners;
  /** The URL of the plugin. */
  readonly issuer: string;
  /** Milliseconds since the epoch; default the time of the machine. */
  readonly now?: () => number;
}

/** Makes everything that serves managed tokens. */
export function createTokenService(options: TokenServiceOptions): TokenService {
  const { database, changes, audit, config, findRecord, issuer } = options;
  const { findWorkflow, missingOwners, now = Date.now } = options;
  const stores = { database, changes, audit: options.auditStore };
  const store = new TokenStore(stores);
  const sweeps = new TokenSweeps(stores);
  const lists = new TokenLists(database);
  const suspensions = new Suspensions({
    policyMaxAgeMs: options.isPolicyAsked ? config.policyMaxAgeMs : undefined,
    missingOwners,
  });
  const { kinds } = config;
  const shared = { store, lists, suspensions, findRecord, audit, now };
  return {
    reader: new TokenReader(shared),
    minter: new TokenMinter({ ...shared, kinds, findWorkflow }),
    renamer: new TokenRenamer(shared),
    rotator: new TokenRotator({ ...shared, kinds }),
    revoker: new TokenRevoker({ ...shared, sweeps }),
    introspector: new TokenIntrospector({ ...shared, issuer }),
  };
}
