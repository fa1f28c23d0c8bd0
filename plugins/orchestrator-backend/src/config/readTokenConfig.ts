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

import { readDurationFromConfig, type Config } from '@backstage/config';
import { durationToMilliseconds } from '@backstage/types';
import type { OrchestratorTokenKind } from '@flowgate/backstage-plugin-orchestrator-common';
import type { RateLimit, TokenConfig } from './AuthConfig';

const PREFIX = 'orchestrator.auth';
const SECOND = 1_000;
const DAY = 24 * 60 * 60 * SECOND;

/** The shortest life of a token; milliseconds. */
export const MIN_EXPIRY = 60 * SECOND;

/** So far a date in milliseconds stays a safe number, whatever is added to it. */
const LONGEST = 100 * 365 * DAY;

const KINDS: readonly OrchestratorTokenKind[] = [
  'service',
  'personal',
  'group',
  'trigger',
  'agent',
];

/**
 * Reads a duration.
 *
 * @returns milliseconds
 * @throws Error that names the key where it is no duration or out of bounds
 */
export function readDuration(
  config: Config,
  key: string,
  otherwise: number,
  bounds: { least?: number; most?: number } = {},
): number {
  const { least = 0, most = LONGEST } = bounds;
  if (!config.has(key)) {
    return otherwise;
  }
  const milliseconds = durationToMilliseconds(
    readDurationFromConfig(config, { key }),
  );
  if (!(milliseconds >= least && milliseconds <= most)) {
    throw new Error(
      `Invalid config: ${key} must be ${
        least > 0 ? `at least ${least / SECOND} and ` : ''
      }at most ${most / SECOND} seconds`,
    );
  }
  return milliseconds;
}

/**
 * Reads `orchestrator.auth.tokens`.
 *
 * @throws Error that names the invalid key and what is wrong with it
 */
export function readTokenConfig(config: Config): TokenConfig {
  const key = `${PREFIX}.tokens`;
  const lives = (at: string, otherwise: { most: number; usual: number }) => {
    const maxExpiryMs = readDuration(
      config,
      `${at}.maxExpiry`,
      otherwise.most,
      { least: MIN_EXPIRY },
    );
    const defaultExpiryMs = readDuration(
      config,
      `${at}.defaultExpiry`,
      Math.min(otherwise.usual, maxExpiryMs),
      { least: MIN_EXPIRY },
    );
    if (defaultExpiryMs > maxExpiryMs) {
      throw new Error(
        `Invalid config: ${at}.defaultExpiry must not be longer than maxExpiry`,
      );
    }
    return { defaultExpiryMs, maxExpiryMs };
  };
  const all = lives(key, { most: 365 * DAY, usual: 90 * DAY });
  return {
    kinds: Object.fromEntries(
      KINDS.map(kind => [
        kind,
        lives(`${key}.kinds.${kind}`, {
          most: all.maxExpiryMs,
          usual: all.defaultExpiryMs,
        }),
      ]),
    ) as TokenConfig['kinds'],
    retentionMs: readDuration(config, `${key}.retention`, 30 * DAY),
    policyMaxAgeMs: readDuration(config, `${key}.policyMaxAge`, 14 * DAY),
  };
}

/**
 * Reads `orchestrator.auth.rateLimit`; the number of failures is checked by the schema of `orchestrator.auth`.
 *
 * @throws Error that names the invalid key and what is wrong with it
 */
export function readRateLimits(config: Config): {
  ip: RateLimit;
  identity: RateLimit;
} {
  const limit = (name: string, failures: number): RateLimit => {
    const key = `${PREFIX}.rateLimit.${name}`;
    return {
      failures: config.getOptionalNumber(`${key}.failures`) ?? failures,
      windowMs: readDuration(config, `${key}.window`, 60 * SECOND, {
        least: SECOND,
        most: DAY,
      }),
    };
  };
  return { ip: limit('ip', 20), identity: limit('identity', 10) };
}
