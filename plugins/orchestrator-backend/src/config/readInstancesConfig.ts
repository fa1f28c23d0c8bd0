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

/** The configuration under `orchestrator.instances`, checked. */
export interface InstancesConfig {
  /** For how long runs are kept that have ended; milliseconds. Absent: for ever. */
  readonly retentionMs?: number;
}

const KEY = 'orchestrator.instances.retention';
const DAY = 24 * 60 * 60 * 1_000;

/**
 * Reads `orchestrator.instances`.
 *
 * @throws Error where the retention is no duration, or so short that the keys of starts would be forgotten too early
 */
export function readInstancesConfig(config: Config): InstancesConfig {
  if (!config.has(KEY)) return {};
  const retentionMs = durationToMilliseconds(
    readDurationFromConfig(config, { key: KEY }),
  );
  if (!(retentionMs >= DAY && Number.isFinite(retentionMs))) {
    throw new Error(`Invalid config: ${KEY} must be at least 24 hours`);
  }
  return { retentionMs };
}
