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

/** The keys under `orchestrator` that the plugin, its engines, its pages and Red Hat's plugin read. */
const KNOWN: Readonly<Record<string, readonly string[] | 'any'>> = {
  // Checked by readAuthConfig, which refuses unknown keys.
  auth: 'any',
  audit: ['retention'],
  contentLengthLimit: [],
  database: ['synchronous'],
  engines: ['embedded'],
  instances: ['retention'],
  // Checked by the module of SonataFlow, which is there where the key is.
  sonataflow: 'any',
  // Read by the module of the provider.
  workflowLogProvider: 'any',
};

/** Keys of Red Hat's orchestrator: other packages read them, or say that they do not. */
const FOREIGN = [
  'dataIndexService',
  'sonataFlowService',
  'kafka',
  'workflowInstancePage',
];

/** The keys under `orchestrator` that nothing reads, for a warning. */
export function findUnknownKeys(config: Config): string[] {
  const root = config.getOptionalConfig('orchestrator');
  return (root?.keys() ?? []).flatMap(key => {
    if (FOREIGN.includes(key)) return [];
    const known = KNOWN[key];
    if (known === undefined) return [`orchestrator.${key}`];
    if (known === 'any') return [];
    const value = root!.getOptional(key);
    if (typeof value !== 'object' || value === null) return [];
    return Object.keys(value)
      .filter(child => !known.includes(child))
      .map(child => `orchestrator.${key}.${child}`);
  });
}
