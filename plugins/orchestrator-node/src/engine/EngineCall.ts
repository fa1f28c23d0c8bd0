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

/**
 * Who and what stands behind a call to an engine. It never holds a credential.
 *
 * @public
 */
export interface EngineCall {
  /** The ref of the caller, for example `user:default/alice`; `system` where the plugin calls for itself. */
  readonly caller: string;
  /** Ends the call early; the engine then stops waiting, and throws. */
  readonly abortSignal?: AbortSignal;
}

/**
 * A token that a caller gave along for a service that the workflow calls.
 *
 * @public
 */
export interface ProviderToken {
  /** The name of the provider, as the caller wrote it: not checked. */
  readonly provider: string;
  /** The token itself, which is stored and logged nowhere. */
  readonly token: string;
}

/**
 * What a workflow may be given to call other services with. The caller's own credential is never part of it. It lives as long as
 * the call that brings it, and an engine uses it only where its configuration says so.
 *
 * @public
 */
export interface DownstreamCredentials {
  /** Tokens that the caller gave along. */
  readonly authTokens: readonly ProviderToken[];
  /**
   * Mints a short-lived Backstage token for one plugin, on behalf of the user who calls.
   *
   * @returns the token, or undefined where the caller is not a user whom Backstage knows
   * @throws ServiceUnavailableError where it cannot be minted now
   */
  pluginToken(pluginId: string): Promise<string | undefined>;
}
