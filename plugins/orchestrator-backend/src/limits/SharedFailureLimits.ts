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
import { addressKey } from '../addresses/addressKey';
import type { AuthConfig } from '../config/AuthConfig';
import type { GateMetrics } from '../metrics/GateMetrics';
import { FailureCounts } from './FailureCounts';
import { FailureExchange, type SharedFailures } from './FailureExchange';
import type { Failure, FailureLimits } from './FailureLimits';

/** Other texts are no ids of tokens, and are not kept. */
const IDENTITY = /^[0-9A-Za-z_-]{1,64}$/;

/**
 * The failure limits, over sliding windows, shared by all replicas on one database.
 *
 * Each replica decides at once from what it knows, and learns what the others counted when it shares its own failures: a
 * tenth of a second after a failure, with one read and one write for all callers that failed in it. Requests with a good
 * credential cost nothing, and neither do refusals beyond a limit.
 *
 * So one replica never answers more than `failures` 401s in a window. Replicas together answer at most one more for each
 * further replica, which learns by it that the limit is reached, and what comes in until they have told each other: two
 * statements and a tenth of a second, longer in a flood from more than some 1,000 callers a second. In no case, also
 * without a database, are there more than `failures` on each replica. The clocks of the replicas must agree to within
 * seconds. A caller that has been forgotten, since 20,000 others failed after it, is known again once its next failure has
 * been shared.
 */
export class SharedFailureLimits implements FailureLimits {
  readonly #ip: FailureCounts;
  readonly #identity: FailureCounts;
  readonly #exchange: FailureExchange;
  readonly #metrics: Pick<GateMetrics, 'limited'>;
  readonly #now: () => number;

  constructor(options: {
    config: AuthConfig['rateLimit'];
    store: SharedFailures;
    logger: LoggerService;
    metrics: Pick<GateMetrics, 'limited'>;
    now?: () => number;
  }) {
    const { config, now = Date.now } = options;
    this.#ip = new FailureCounts('ip', config.ip);
    this.#identity = new FailureCounts('identity', config.identity);
    this.#metrics = options.metrics;
    this.#now = now;
    this.#exchange = new FailureExchange({
      counts: [this.#ip, this.#identity],
      store: options.store,
      logger: options.logger,
      now,
    });
  }

  refused(failure: Failure): number | undefined {
    const now = this.#now();
    const address = addressKey(failure.address);
    const identity =
      failure.identity !== undefined && IDENTITY.test(failure.identity)
        ? failure.identity
        : undefined;
    const byIp = this.#ip.wait(address, now);
    const byIdentity =
      identity === undefined ? 0 : this.#identity.wait(identity, now);
    const wait = Math.max(byIp, byIdentity);
    if (wait > 0) {
      this.#metrics.limited(byIp > 0 ? 'ip' : 'identity');
      return Math.ceil(wait / 1_000);
    }
    this.#ip.add(address, now);
    if (identity !== undefined) {
      this.#identity.add(identity, now);
    }
    this.#exchange.request();
    return undefined;
  }

  /** Shares the failures that wait to be shared now; for who cannot wait a tenth of a second. */
  share(): Promise<void> {
    return this.#exchange.share();
  }

  /** Removes the rows of the database that no longer count; done in the background as well, while there are any. */
  cleanUp(): Promise<void> {
    return this.#exchange.cleanUp();
  }

  /** Shares what waits to be shared, and ends the work in the background. */
  stop(): Promise<void> {
    return this.#exchange.stop();
  }
}
