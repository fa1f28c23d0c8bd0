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
import type { Config } from '@backstage/config';
import type { AuthConfig } from './AuthConfig';
import { describeGrants } from './describeGrants';
import { refuseInsecureExposure } from './exposure';
import {
  findSharedJwksPrefixes,
  refuseSharedIdentities,
} from './externalAccess';
import { readAuthConfig } from './readAuthConfig';
import { findUnknownKeys } from './unknownKeys';

/**
 * Reads who may do what, and says in the log what it comes to and what looks wrong.
 *
 * @throws Error where the configuration is not valid, or not safe to start with
 */
export function openAuthConfig(
  config: Config,
  logger: LoggerService,
): AuthConfig {
  const auth = readAuthConfig(config);
  refuseInsecureExposure(config, auth.mode);
  refuseSharedIdentities(config, 'orchestrator');
  for (const prefix of findSharedJwksPrefixes(config, 'orchestrator')) {
    logger.warn(
      `Several jwks entries of backend.auth.externalAccess share the subjectPrefix "${prefix}": callers of two identity providers could have the same subject`,
    );
  }
  for (const line of describeGrants(auth)) {
    logger.info(line);
  }
  for (const key of findUnknownKeys(config)) {
    logger.warn(`Nothing reads the config key ${key}`);
  }
  return auth;
}
