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

import type { MetricsService } from '@backstage/backend-plugin-api/alpha';
import type { RunState } from '@flowgate/backstage-plugin-orchestrator-node';
import type { GateMetrics } from './GateMetrics';
import type { TokenMetrics } from './TokenMetrics';

/** What the workflow service counts. */
export interface WorkflowMetrics {
  /** A run has come into a state. */
  runState(state: RunState): void;
  /** How far the index is behind an engine; seconds. */
  engineLag(engineId: string, seconds: number): void;
}

const NAME = 'backstage.plugin.orchestrator';

/** The plugin's metrics. Labels are codes, states, sources and engine ids: never a ref, the id of a run, or a secret. */
export class PluginMetrics
  implements GateMetrics, TokenMetrics, WorkflowMetrics
{
  readonly #decisions;
  readonly #verifications;
  readonly #limited;
  readonly #tokenLookups;
  readonly #tokenFeedAge;
  readonly #runs;
  readonly #lag;

  constructor(metrics: MetricsService) {
    this.#decisions = metrics.createCounter(`${NAME}.decisions`, {
      description: 'Requests decided on by the gate, by outcome and code',
      unit: '{request}',
    });
    this.#verifications = metrics.createCounter(`${NAME}.verifications`, {
      description: 'Credentials verified, by source and outcome',
      unit: '{credential}',
    });
    this.#limited = metrics.createCounter(`${NAME}.limited`, {
      description: 'Refusals beyond a failure limit, by limit',
      unit: '{request}',
    });
    this.#tokenLookups = metrics.createCounter(`${NAME}.token_lookups`, {
      description: 'Managed tokens asked for in the database, by outcome',
      unit: '{token}',
    });
    this.#tokenFeedAge = metrics.createGauge(`${NAME}.token_feed_age`, {
      description:
        'How old the knowledge of the changes of managed tokens is; above 2 s every token is looked up in the database',
      unit: 's',
    });
    this.#runs = metrics.createCounter(`${NAME}.runs`, {
      description: 'Runs that came into a state',
      unit: '{run}',
    });
    this.#lag = metrics.createGauge(`${NAME}.engine_lag`, {
      description: 'How far the instance index is behind an engine',
      unit: 's',
    });
  }

  verified(source: string, succeeded: boolean): void {
    this.#verifications.add(1, {
      source,
      outcome: succeeded ? 'succeeded' : 'failed',
    });
  }

  decided(outcome: 'allow' | 'deny' | 'error', code: string): void {
    this.#decisions.add(1, { outcome, code });
  }

  limited(by: 'ip' | 'identity'): void {
    this.#limited.add(1, { by });
  }

  tokenLookup(outcome: 'found' | 'unknown' | 'failed'): void {
    this.#tokenLookups.add(1, { outcome });
  }

  tokenFeedAge(seconds: number): void {
    this.#tokenFeedAge.record(seconds);
  }

  runState(state: RunState): void {
    this.#runs.add(1, { state });
  }

  engineLag(engineId: string, seconds: number): void {
    this.#lag.record(seconds, { engine: engineId });
  }
}
