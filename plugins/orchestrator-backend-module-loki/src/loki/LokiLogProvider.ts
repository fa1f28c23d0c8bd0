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

import { EngineAnswerError } from '@flowgate/backstage-plugin-orchestrator-node';
import type { WorkflowLogProvider } from '@flowgate/backstage-plugin-orchestrator-node';
import type { LokiConfig } from '../config/readLokiConfig';
import { quote } from '../config/logQl';
import { LokiClient } from './LokiClient';
import { readLines } from './readLines';

type Instance = Parameters<
  WorkflowLogProvider['fetchWorkflowLogsByInstance']
>[0];

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Clocks differ, and logs come late. */
const MARGIN = 5 * MINUTE;
/** How long a run is looked for that has not ended. */
const OPEN = 29 * DAY;
/** The longest time that Loki answers for, unless its operator says otherwise, is an hour more. */
const LONGEST = 30 * DAY;

/**
 * The time in which the lines of a run are looked for.
 *
 * @param now - milliseconds since the epoch
 * @returns milliseconds since the epoch
 * @throws EngineAnswerError where the run has no time at which it started
 */
export function windowOf(
  { start, end }: Pick<Instance, 'start' | 'end'>,
  now: number,
): { from: number; to: number } {
  const started = Date.parse(start ?? '');
  if (Number.isNaN(started)) {
    throw new EngineAnswerError('The run has no time at which it started');
  }
  const ended = Date.parse(end ?? '');
  const to = Number.isNaN(ended)
    ? Math.max(started + OPEN, now + MARGIN)
    : ended + MARGIN;
  // Of a run that is longer, the newest lines.
  return { from: Math.max(started - MARGIN, to - LONGEST), to };
}

/** Logs of runs from Grafana Loki: the lines in which the id of the run stands. */
export class LokiLogProvider implements WorkflowLogProvider {
  readonly #config: LokiConfig;
  readonly #client: LokiClient;
  readonly #now: () => number;

  /** @param now - milliseconds since the epoch */
  constructor(config: LokiConfig, now: () => number) {
    this.#config = config;
    this.#client = new LokiClient(config);
    this.#now = now;
  }

  getProviderId(): string {
    return 'loki';
  }

  getBaseURL(): string {
    return this.#config.baseUrl;
  }

  async fetchWorkflowLogsByInstance(
    instance: Instance,
    options?: { readonly abortSignal: AbortSignal },
  ) {
    const { from, to } = windowOf(instance, this.#now());
    const answer = await this.#client.get(
      '/loki/api/v1/query_range',
      new URLSearchParams({
        query: this.#queryFor(instance.id),
        start: new Date(from).toISOString(),
        end: new Date(to).toISOString(),
        limit: String(this.#config.limit),
      }),
      options?.abortSignal,
    );
    return { instanceId: instance.id, logs: readLines(answer) };
  }

  #queryFor(instanceId: string): string {
    const { selectors, stages } = this.#config;
    const streams = selectors.map(({ label, matcher }) => label + matcher);
    const lines = [`|=${quote(instanceId)}`, ...stages];
    return `{${streams.join(',')}} ${lines.join(' ')}`;
  }
}
