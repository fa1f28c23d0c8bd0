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
import { readEmbeddedEngineConfig } from '@flowgate/backstage-plugin-orchestrator-backend-module-embedded-engine';
import { readSonataFlowConfig } from '@flowgate/backstage-plugin-orchestrator-backend-module-sonataflow';
import type { Finding } from './CheckReport';

/** What an engine warns of at its start. */
function warning(text: string): Finding {
  return {
    level: text.startsWith('The configuration key') ? 'change' : 'note',
    text: `${text}.`,
  };
}

/** The embedded engine, as its module would start it. */
export function checkEmbeddedEngine(config: Config): Finding[] {
  const { config: engine, unknown } = readEmbeddedEngineConfig(config);
  const folders = engine.definitions.length;
  return [
    {
      level: 'ok',
      text: engine.enabled
        ? `Engine "embedded": runs definitions inside the backend, from ${folders} folder${
            folders === 1 ? '' : 's'
          } and over HTTP; orchestrator.engines.embedded.enabled: false leaves it out.`
        : 'Engine "embedded" is left out.',
    },
    ...unknown.map(key =>
      warning(`The configuration key ${key} is not known and has no effect`),
    ),
  ];
}

/** The engines of SonataFlow, as their module would start them. */
export function checkSonataFlow(config: Config): Finding[] {
  const { engines, warnings } = readSonataFlowConfig(config);
  return [
    ...engines.map(
      ({ id, eventsUrl, forwardToken, authTokens, adoptInitiatorBefore }) => {
        const parts = [
          eventsUrl
            ? 'starts and signals by event'
            : 'no events (orchestrator.sonataflow.events.url)',
          forwardToken
            ? `tokens of users for ${forwardToken.plugins.join(', ')}`
            : 'no Backstage token goes to workflows',
          authTokens
            ? "callers' authTokens go to the listed hosts"
            : "callers' authTokens are not passed on",
          adoptInitiatorBefore === undefined
            ? 'earlier runs have no owner'
            : `runs from before ${new Date(
                adoptInitiatorBefore,
              ).toISOString()} keep their owner`,
        ];
        return {
          level: 'ok' as const,
          text: `Engine "${id}": SonataFlow behind a Data Index; ${parts.join(
            '; ',
          )}.`,
        };
      },
    ),
    ...engines
      .filter(({ runtimes }) => runtimes.hosts === undefined)
      .map(({ id }) => ({
        level: 'note' as const,
        text: `Engine "${id}" asks whatever host its Data Index names; runtimes.hosts bounds that.`,
      })),
    ...warnings.map(warning),
  ];
}
