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

import type { EmbeddedOpenApiConfig } from '../config/EngineConfig';
import type { Compilation } from './Compilation';

/** What the engine knows of addresses when a definition is loaded. */
export interface Addresses {
  /** The address below which the paths of a function stand. */
  baseUrl(functionName: string): string | undefined;
  /** Whether calls may go to an address. */
  allows(url: URL): boolean;
  /** What the configuration says of an OpenAPI document, by its file name without extension. */
  openApi(document: string): EmbeddedOpenApiConfig | undefined;
}

/** Stands for an address that only the configuration could say, where a definition is only checked. */
export const UNKNOWN_ADDRESS = 'http://address.invalid';

/** Says what is wrong with an address that calls are to go to; undefined where nothing is. */
function addressFault(url: string): string | undefined {
  if (/^[^/]*\/\/[^/]*\{/.test(url)) {
    return 'must not take its host from an argument';
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    return 'must have an http or https address';
  }
  return parsed.username !== '' || parsed.password !== ''
    ? 'must not have credentials in its address; send a secret in a header'
    : undefined;
}

/**
 * Checks an address that calls are to go to. One that the configuration does not allow is a warning.
 *
 * @param url - may have `{name}` in its path
 * @returns whether it can be called at all
 */
export function checkAddress(
  compilation: Compilation,
  path: string,
  url: string,
  addresses: Pick<Addresses, 'allows'>,
): boolean {
  const fault = addressFault(url);
  if (fault !== undefined) {
    compilation.fault(path, fault);
    return false;
  }
  if (!url.startsWith(UNKNOWN_ADDRESS) && !addresses.allows(new URL(url))) {
    compilation.configuration(
      path,
      'calls an address that orchestrator.engines.embedded.egress does not list; the call will fail',
    );
  }
  return true;
}
