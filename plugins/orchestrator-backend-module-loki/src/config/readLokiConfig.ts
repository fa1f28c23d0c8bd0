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

import { type Config, readDurationFromConfig } from '@backstage/config';
import { durationToMilliseconds } from '@backstage/types';
import { labelFault, matcherFault, stageFault } from './logQl';
import { readBaseUrl } from './readBaseUrl';

/** Where the configuration of the provider is. */
export const LOKI_KEY = 'orchestrator.workflowLogProvider.loki';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 100_000;
const DEFAULT_TIMEOUT = 10_000;
const DEFAULT_MAX_BYTES = 10_000_000;

const KNOWN: ReadonlySet<string> = new Set([
  'allowInsecureHttp',
  'allowedHosts',
  'baseUrl',
  'limit',
  'logPipelineFilters',
  'logStreamSelectors',
  'maxResponseBytes',
  'rejectUnauthorized',
  'timeout',
  'token',
]);

/**
 * How Loki is asked.
 *
 * @public
 */
export interface LokiConfig {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly token: string;
  readonly rejectUnauthorized: boolean;
  /** Labels with their matchers, at least one. */
  readonly selectors: readonly { label: string; matcher: string }[];
  /** Parts of the pipeline behind the filter for the run. */
  readonly stages: readonly string[];
  /** The most lines of one answer. */
  readonly limit: number;
  /** Of one question; milliseconds. */
  readonly timeout: number;
  readonly maxResponseBytes: number;
  /** Keys that nothing reads, for a warning. */
  readonly unknownKeys: readonly string[];
}

function check(where: string, fault: string | undefined): void {
  if (fault) throw new Error(`${where} ${fault}`);
}

function readSelectors(config: Config): LokiConfig['selectors'] {
  const entries = config.getOptionalConfigArray('logStreamSelectors') ?? [];
  // An entry that leaves something out, and a list without entries, mean the application logs of OpenShift.
  return (entries.length > 0 ? entries : [undefined]).map((entry, index) => {
    const label = entry?.getOptionalString('label') ?? 'openshift_log_type';
    const matcher = entry?.getOptionalString('value') ?? '="application"';
    const where = `${LOKI_KEY}.logStreamSelectors[${index}]`;
    check(`${where}.label`, labelFault(label));
    check(`${where}.value`, matcherFault(matcher));
    return { label, matcher };
  });
}

function readStages(config: Config): string[] {
  const filters = config.getOptionalStringArray('logPipelineFilters') ?? [];
  return filters.map((filter, index) => {
    const stage = filter.trim();
    check(`${LOKI_KEY}.logPipelineFilters[${index}]`, stageFault(stage));
    return stage;
  });
}

function readWhole(
  config: Config,
  key: string,
  fallback: number,
  max: number,
): number {
  const value = config.getOptionalNumber(key) ?? fallback;
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new Error(
      `${LOKI_KEY}.${key} must be a whole number from 1 to ${max}`,
    );
  }
  return value;
}

/**
 * Reads the configuration of the provider.
 *
 * @param root - the configuration of the whole app
 * @param isProduction - whether an address without TLS is refused
 * @returns undefined where Loki is not configured
 * @throws Error that names the key which is wrong
 * @public
 */
export function readLokiConfig(
  root: Config,
  isProduction: boolean,
): LokiConfig | undefined {
  const config = root.getOptionalConfig(LOKI_KEY);
  if (!config) return undefined;
  const timeout = config.has('timeout')
    ? durationToMilliseconds(readDurationFromConfig(config, { key: 'timeout' }))
    : DEFAULT_TIMEOUT;
  if (!(timeout > 0 && timeout <= 60_000)) {
    throw new Error(
      `${LOKI_KEY}.timeout must be more than nothing and a minute at most`,
    );
  }
  return {
    baseUrl: readBaseUrl(config.getString('baseUrl'), {
      key: `${LOKI_KEY}.baseUrl`,
      allowedHosts: config.getOptionalStringArray('allowedHosts') ?? [],
      allowInsecureHttp:
        config.getOptionalBoolean('allowInsecureHttp') ?? false,
      isProduction,
    }),
    token: readToken(config),
    rejectUnauthorized: config.getOptionalBoolean('rejectUnauthorized') ?? true,
    selectors: readSelectors(config),
    stages: readStages(config),
    limit: readWhole(config, 'limit', DEFAULT_LIMIT, MAX_LIMIT),
    timeout,
    maxResponseBytes: readWhole(
      config,
      'maxResponseBytes',
      DEFAULT_MAX_BYTES,
      1_000_000_000,
    ),
    unknownKeys: config
      .keys()
      .filter(key => !KNOWN.has(key))
      .map(key => `${LOKI_KEY}.${key}`),
  };
}

/** Whatever cannot be in a header would fail on every question. */
function readToken(config: Config): string {
  const token = config.getString('token');
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Error(
      `${LOKI_KEY}.token must have visible ASCII characters only`,
    );
  }
  return token;
}
