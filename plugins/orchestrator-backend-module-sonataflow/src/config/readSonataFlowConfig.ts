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

import type { RootConfigService } from '@backstage/backend-plugin-api';
import { isReadable } from './HostPatterns';
import { warnOfKeys } from './knownKeys';
import { mergeSettings, readSettings } from './readSettings';
import { invalid, readAddress, readBlock } from './readValues';
import type { SonataFlowConfig } from './SonataFlowConfig';

/** The id of the engine that Red Hat's key `orchestrator.dataIndexService` makes. */
const MAIN_ID = 'sonataflow';

/** Engines that other packages bring. */
const TAKEN_IDS = ['embedded'];

const ENGINE_ID = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** What there is to say of settings that work but may not be meant. */
function warnOf(config: SonataFlowConfig): string[] {
  const { id, dataIndex, runtimes, dataIndexUrl } = config;
  const warnings: string[] = [];
  if (dataIndex.bearer !== undefined && isReadable(dataIndexUrl)) {
    warnings.push(
      `Engine "${id}" sends its bearer to the Data Index over http, where it can be read on the way`,
    );
  }
  for (const [name, { tls }] of Object.entries({ dataIndex, runtimes })) {
    if (tls?.rejectUnauthorized === false) {
      warnings.push(
        `Engine "${id}" trusts every certificate: ${name}.tls.rejectUnauthorized is false`,
      );
    }
  }
  if (runtimes.bearer !== undefined) {
    warnings.push(
      `Engine "${id}" sends a bearer to the workflow runtimes. SonataFlow copies it to the OpenAPI calls of every run, so the services behind the workflows see it; runtimes.tls.cert and key show who we are without that`,
    );
  }
  return warnings;
}

/**
 * Reads the engines from the configuration: one for `orchestrator.dataIndexService`, and one for each of
 * `orchestrator.sonataflow.dataIndexes`.
 *
 * @param now - milliseconds since the epoch; the time of the machine unless told
 * @returns the engines, and what there is to say of keys and values that have no effect or may not be meant
 * @throws Error that names the key whose value cannot be used, never the value of a secret
 * @public
 */
export function readSonataFlowConfig(
  root: RootConfigService,
  now: number = Date.now(),
): {
  readonly engines: readonly SonataFlowConfig[];
  readonly warnings: readonly string[];
} {
  const config = root.getOptionalConfig('orchestrator');
  if (!config) return { engines: [], warnings: [] };
  const block = { config, name: 'orchestrator' };
  const main = readBlock(block, 'dataIndexService');
  const common = readBlock(block, 'sonataflow');
  const settings = common ? readSettings(common, now) : {};
  const engines: SonataFlowConfig[] = [];
  if (main) {
    engines.push({
      ...mergeSettings(settings),
      id: MAIN_ID,
      dataIndexUrl: readAddress(main, 'url'),
    });
  }
  const further = common && readBlock(common, 'dataIndexes');
  for (const id of further?.config.keys() ?? []) {
    const one = {
      config: further!.config.getConfig(id),
      name: `${further!.name}.${id}`,
    };
    if (!ENGINE_ID.test(id)) {
      throw invalid(
        one.name,
        'has a name that cannot be the id of an engine: small letters, digits and - only',
      );
    }
    if (TAKEN_IDS.includes(id) || engines.some(engine => engine.id === id)) {
      throw invalid(one.name, 'has the id of another engine');
    }
    engines.push({
      ...mergeSettings(settings, readSettings(one, now)),
      id,
      dataIndexUrl: readAddress(one, 'url'),
    });
  }
  return {
    engines,
    warnings: [...warnOfKeys(config), ...engines.flatMap(warnOf)],
  };
}
