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

import type { HostPatterns } from '../config/HostPatterns';
import type { DetailedRunRow } from '../dataIndex/rows';
import type { RunAddress } from './RuntimeClient';
import { ServiceAddress } from './ServiceAddress';

/** The addresses that may be asked: a Data Index can name any as that of a runtime. */
export class ServiceAddresses {
  readonly #hosts: HostPatterns | undefined;

  /** @param hosts - the only ones that are asked anything; absent for all */
  constructor(hosts: HostPatterns | undefined) {
    this.#hosts = hosts;
  }

  /** The address in a text, or undefined where there is none that may be asked. */
  find(text: string | undefined): ServiceAddress | undefined {
    const address = ServiceAddress.parse(text);
    return address && (this.#hosts?.includes(address.url) ?? true)
      ? address
      : undefined;
  }

  /** Whether a text is an address that may not be asked. */
  isForbidden(text: string | undefined): boolean {
    return ServiceAddress.parse(text) !== undefined && !this.find(text);
  }

  /** Where a run can be reached at its runtime; undefined where its Data Index names no address that may be asked. */
  ofRun(row: DetailedRunRow): RunAddress | undefined {
    const { id, processId, serviceUrl } = row;
    const service = this.find(serviceUrl);
    return service && { service, definitionId: processId, runId: id };
  }
}
