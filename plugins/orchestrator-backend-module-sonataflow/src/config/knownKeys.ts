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

import type { Config } from '@backstage/config';

/** The keys that a block may have; `{}` for a value that is looked at elsewhere. */
interface Keys {
  readonly [key: string]: Keys;
}

const VALUE: Keys = {};
const CLIENT: Keys = {
  auth: { bearer: VALUE },
  tls: { ca: VALUE, cert: VALUE, key: VALUE, rejectUnauthorized: VALUE },
};

const SETTINGS: Keys = {
  adoptInitiatorBefore: VALUE,
  workspace: VALUE,
  timeout: VALUE,
  startTimeout: VALUE,
  maxResponseBytes: VALUE,
  concurrency: VALUE,
  overlap: VALUE,
  dataIndex: CLIENT,
  runtimes: { ...CLIENT, hosts: VALUE },
  events: { url: VALUE },
  forwardToken: { plugins: VALUE, hosts: VALUE },
  authTokens: { hosts: VALUE, providers: VALUE },
};

/** Red Hat's keys that this engine does not carry, and what to do in place of them. */
const NOT_CARRIED: readonly (readonly [key: string, advice: string])[] = [
  [
    'kafka',
    'events go to SonataFlow over HTTP as CloudEvents: set orchestrator.sonataflow.events.url',
  ],
  [
    'sonataFlowService',
    'the plugin starts no SonataFlow of its own: start it beside Backstage and set orchestrator.dataIndexService.url',
  ],
];

function unknownIn(value: unknown, keys: Keys, name: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]) => {
    if (!Object.hasOwn(keys, key)) return [`${name}.${key}`];
    const known = keys[key];
    return known === VALUE ? [] : unknownIn(inner, known, `${name}.${key}`);
  });
}

/**
 * What there is to say of keys that have no effect: those that nobody knows, and those of Red Hat's plugin that are not carried.
 *
 * @param config - the block `orchestrator`
 */
export function warnOfKeys(config: Config): string[] {
  const { dataIndexes, ...common } =
    config.getOptional<Record<string, unknown>>('sonataflow') ?? {};
  const name = 'orchestrator.sonataflow';
  const unknown = [
    ...unknownIn(
      config.getOptional('dataIndexService'),
      { url: VALUE },
      'orchestrator.dataIndexService',
    ),
    ...unknownIn(common, SETTINGS, name),
    ...Object.entries(dataIndexes ?? {}).flatMap(([id, one]) =>
      unknownIn(one, { ...SETTINGS, url: VALUE }, `${name}.dataIndexes.${id}`),
    ),
  ];
  return [
    ...unknown.map(
      key => `The configuration key ${key} is not known and has no effect`,
    ),
    ...NOT_CARRIED.filter(([key]) => config.has(key)).map(
      ([key, advice]) =>
        `The configuration key orchestrator.${key} is not carried: ${advice}`,
    ),
  ];
}
