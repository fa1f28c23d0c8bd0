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

import type { OrchestratorError } from '../errors/OrchestratorError';
import type { GateMetrics } from '../metrics/GateMetrics';
import type { AuditRefusal, AuditTrail } from './AuditTrail';

/** Tells metrics and the audit trail how a call was decided on, whichever way it came in. */
export class DecisionJournal {
  readonly #audit: AuditTrail;
  readonly #metrics: GateMetrics;

  constructor(options: { audit: AuditTrail; metrics: GateMetrics }) {
    this.#audit = options.audit;
    this.#metrics = options.metrics;
  }

  /** A call was answered with what it asked for. */
  allowed(): void {
    this.#metrics.decided('allow', 'ok');
  }

  /**
   * A call was answered with an error. Refusals go to the audit trail. Never throws.
   *
   * @param describe - what the trail gets, asked for where the error is a refusal
   */
  async failed(
    error: OrchestratorError,
    describe: () => Omit<AuditRefusal, 'severity'>,
  ): Promise<void> {
    const isDenied = [401, 403, 429].includes(error.status);
    this.#metrics.decided(isDenied ? 'deny' : 'error', error.code);
    if (isDenied) {
      // Anybody can make as many 401s as they like; a 403 comes from somebody who is known.
      const severity = error.status === 401 ? 'low' : 'medium';
      await this.#audit.denied({ ...describe(), severity }, error);
    }
  }
}
