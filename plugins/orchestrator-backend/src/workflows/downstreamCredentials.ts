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

import type { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import { NotAllowedError, ServiceUnavailableError } from '@backstage/errors';
import {
  type DownstreamCredentials,
  notStarted,
  type ProviderToken,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { Principal } from '../gate/Principal';

/** What mints tokens for other plugins on behalf of somebody. */
export type TokenMint = Pick<AuthService, 'getPluginRequestToken'>;

/**
 * What the workflow of a caller may be given to call other services with.
 *
 * @param run - the run that goes on, absent for a new one: somebody else's gets no token of the caller, since it would do with it
 *   what its initiator wrote
 */
export type Downstream = (
  principal: Principal,
  authTokens: readonly ProviderToken[] | undefined,
  run?: { readonly initiator: string },
) => DownstreamCredentials;

/** No workflow gets a token for this plugin: it could start others as the user, and decide what they get. */
const OWN_PLUGIN = 'orchestrator';

/** Makes what gives callers' workflows their credentials. Nothing of it is stored, logged or remembered. */
export function createDownstream(
  mint: TokenMint,
  logger: LoggerService,
): Downstream {
  return (principal, authTokens = [], run = undefined) => ({
    authTokens,
    async pluginToken(pluginId) {
      if (pluginId === OWN_PLUGIN) {
        throw notStarted(
          new NotAllowedError('Workflows get no token for the orchestrator'),
        );
      }
      const { type, ref, credentials } = principal;
      if (type !== 'user' || !credentials) return undefined;
      if (run && run.initiator !== ref) return undefined;
      try {
        const { token } = await mint.getPluginRequestToken({
          onBehalfOf: credentials,
          targetPluginId: pluginId,
        });
        return token;
      } catch (error) {
        // Its message can say anything; the name of its class cannot.
        logger.warn(
          `A token for a service behind a workflow cannot be had: ${
            (error as Error).name
          }`,
        );
        throw notStarted(
          new ServiceUnavailableError('A token cannot be had at the moment'),
        );
      }
    },
  });
}
