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
import { LogProviders } from '../logs/LogProviders';
import type { Finding } from './CheckReport';

const LOKI = '@flowgate/backstage-plugin-orchestrator-backend-module-loki';

/** What the package of Loki exports. */
type LokiModule =
  typeof import('@flowgate/backstage-plugin-orchestrator-backend-module-loki');

/** The package of Loki where it is installed beside this one, which is the operator's choice. */
export function findLokiModule(): LokiModule | undefined {
  try {
    return require(LOKI);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') {
      return undefined;
    }
    throw error;
  }
}

function checkLoki(
  config: Config,
  isProduction: boolean,
  loki: LokiModule | undefined,
): Finding[] {
  const carried =
    'orchestrator.workflowLogProvider.loki is carried, with all its keys, by a package of its own; without it the backend refuses to start';
  const unknown = loki?.readLokiConfig(config, isProduction)?.unknownKeys ?? [];
  return [
    {
      level: 'change',
      text: loki
        ? `${carried}. It is installed; if it is not there yet, add to the backend:`
        : `${carried}. Install it to have its keys checked, and add to the backend:`,
      example: `backend.add(import('${LOKI}'));`,
    },
    ...unknown.map(
      (key): Finding => ({
        level: 'change',
        text: `Nothing reads the config key ${key}.`,
      }),
    ),
  ];
}

/**
 * The log provider that the configuration names; as if the module of every one were there, which a configuration does not tell.
 *
 * @param options - `isProduction`: whether the backend runs as in production; `loki`: the package of Loki, where it is installed
 * @throws Error where the backend would refuse to start
 */
export function checkLogProvider(
  config: Config,
  options: { readonly isProduction: boolean; readonly loki?: LokiModule },
): Finding[] {
  const ids =
    config.getOptionalConfig('orchestrator.workflowLogProvider')?.keys() ?? [];
  const providers = new LogProviders();
  for (const id of ids) {
    providers.add({
      getProviderId: () => id,
      getBaseURL: () => '',
      fetchWorkflowLogsByInstance: async ({ id: instanceId }) => ({
        instanceId,
        logs: [],
      }),
    });
  }
  providers.chosenBy(config);
  return ids.flatMap((id): Finding[] =>
    id === 'loki'
      ? checkLoki(config, options.isProduction, options.loki)
      : [
          {
            level: 'change',
            text: `orchestrator.workflowLogProvider.${id} needs the module that brings this provider; without it the backend refuses to start.`,
          },
        ],
  );
}
