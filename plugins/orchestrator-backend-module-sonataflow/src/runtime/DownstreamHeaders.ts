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
import { InputError } from '@backstage/errors';
import type {
  DownstreamCredentials,
  ProviderToken,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { isReadable } from '../config/HostPatterns';
import { isProvider } from '../config/providers';
import type { SonataFlowConfig } from '../config/SonataFlowConfig';
import type { ServiceAddress } from './ServiceAddress';

const PREFIX = 'X-Authorization-';

/** What a header can carry. */
const VALUE = /^[\t\x20-\x7e]+$/;

/** The refusal of one of the tokens that callers give along; it quotes none of them. */
function refusal(
  at: number,
  key: 'provider' | 'token',
  message: string,
): Error {
  const path = `authTokens/${at}/${key}`;
  return Object.assign(new InputError(`${path} ${message}`), {
    faults: [{ path, message }],
  });
}

/** The headers of Red Hat's plugin have names like this: `github-two` becomes `Github-two`. */
function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
}

/**
 * The headers with which a runtime gets credentials for the services behind a workflow. There are none unless the configuration
 * names the hosts that get them, since a Data Index can name any address as that of a runtime.
 */
export class DownstreamHeaders {
  readonly #config: SonataFlowConfig;
  readonly #logger: LoggerService;
  readonly #warned = new Set<string>();

  constructor(config: SonataFlowConfig, logger: LoggerService) {
    this.#config = config;
    this.#logger = logger;
  }

  /**
   * Makes the headers for one request to a runtime.
   *
   * @throws InputError for a provider or a token that no header can carry; what the minting of a token throws
   */
  async of(
    service: ServiceAddress,
    downstream: DownstreamCredentials | undefined,
  ): Promise<Record<string, string>> {
    if (!downstream) return {};
    const given = this.#given(service, downstream.authTokens);
    return { ...given, ...(await this.#minted(service, downstream)) };
  }

  #given(
    service: ServiceAddress,
    tokens: readonly ProviderToken[],
  ): Record<string, string> {
    const { authTokens } = this.#config;
    if (tokens.length === 0) return {};
    if (!authTokens) {
      this.#warn(
        `Callers give tokens for services along, which are not forwarded: orchestrator.sonataflow.authTokens is not set for engine "${
          this.#config.id
        }"`,
      );
      return {};
    }
    const headers: Record<string, string> = {};
    for (const [at, { provider, token }] of tokens.entries()) {
      if (!isProvider(provider)) {
        throw refusal(at, 'provider', 'cannot be the name of a provider');
      }
      if (!VALUE.test(token)) {
        throw refusal(at, 'token', 'has characters that no header can have');
      }
      if (authTokens.providers?.includes(provider.toLowerCase()) ?? true) {
        headers[PREFIX + capitalize(provider)] = token;
      } else {
        this.#warn(
          `Callers of engine "${
            this.#config.id
          }" give tokens of providers along that authTokens.providers does not name; they are not forwarded`,
        );
      }
    }
    const isSent =
      Object.keys(headers).length > 0 &&
      this.#isAllowed(
        service,
        authTokens.hosts.includes(service.url),
        'authTokens',
      );
    return isSent ? headers : {};
  }

  async #minted(
    service: ServiceAddress,
    downstream: DownstreamCredentials,
  ): Promise<Record<string, string>> {
    const { forwardToken } = this.#config;
    if (!forwardToken) return {};
    const { plugins, hosts } = forwardToken;
    const isAllowed = hosts.includes(service.url);
    if (!this.#isAllowed(service, isAllowed, 'forwardToken')) return {};
    const headers: Record<string, string> = {};
    for (const plugin of plugins) {
      const token = await downstream.pluginToken(plugin);
      if (token === undefined) continue;
      headers[`${PREFIX}Backstage-${capitalize(plugin)}`] = token;
      if (plugins.length === 1) headers[`${PREFIX}Backstage`] = token;
    }
    return headers;
  }

  #isAllowed(
    service: ServiceAddress,
    isListed: boolean,
    key: 'authTokens' | 'forwardToken',
  ): boolean {
    const { id } = this.#config;
    if (!isListed) {
      this.#warn(
        `A workflow runtime of engine "${id}" gets no tokens: its host is not among ${key}.hosts`,
      );
    } else if (isReadable(service.url)) {
      this.#warn(
        `Engine "${id}" sends tokens to a workflow runtime over http, where they can be read on the way`,
      );
    }
    return isListed;
  }

  #warn(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#logger.warn(message);
  }
}
