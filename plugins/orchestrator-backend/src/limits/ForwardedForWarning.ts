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

import type {
  LoggerService,
  RootConfigService,
} from '@backstage/backend-plugin-api';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Says once that a proxy stands before the backend which the backend does not know of. Without `backend.trustProxy` the
 * address of a caller is that of its peer, the proxy: everybody shares one limit, and `allowedCidrs` sees the proxy.
 */
export class ForwardedForWarning {
  readonly #logger: LoggerService;
  #isDue: boolean;

  constructor(options: { config: RootConfigService; logger: LoggerService }) {
    this.#logger = options.logger;
    this.#isDue = !options.config.has('backend.trustProxy');
  }

  /** Looks at the headers of a request. They change nothing but whether there is a warning. */
  seen(headers: IncomingHttpHeaders): void {
    if (this.#isDue && headers['x-forwarded-for'] !== undefined) {
      this.#isDue = false;
      this.#logger.warn(
        'A request came with an X-Forwarded-For header, which is ignored since backend.trustProxy is not set: failure limits and the allowedCidrs of tokens go by the address of the peer. Set backend.trustProxy if a proxy of yours wrote it.',
      );
    }
  }
}
