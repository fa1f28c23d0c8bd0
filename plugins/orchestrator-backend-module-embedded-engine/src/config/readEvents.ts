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
import { isKeepable } from '../language/definitionHead';
import type { EmbeddedEventsConfig } from './EngineConfig';
import { KEY } from './key';
import { httpAddress, objectAt, withKeys } from './values';

/**
 * Reads where events of runs go.
 *
 * @throws Error that names the key that is wrong
 */
export function readEvents(
  config: Config | undefined,
  unknown: string[],
): EmbeddedEventsConfig {
  const key = `${KEY}.events`;
  const { crossWorkspace = [], sink } = withKeys(
    key,
    objectAt(config, 'events'),
    ['sink', 'crossWorkspace'],
    unknown,
  );
  if (!Array.isArray(crossWorkspace)) {
    throw new Error(`${key}.crossWorkspace must be a list`);
  }
  return {
    sink: sink === undefined ? undefined : httpAddress(`${key}.sink`, sink),
    crossWorkspace: crossWorkspace.map((entry, i) => {
      const where = `${key}.crossWorkspace[${i}]`;
      const { from, to } = withKeys(where, entry, ['from', 'to'], unknown);
      if (!isKeepable(from) || !isKeepable(to)) {
        throw new Error(`${where} must have from and to, each a workspace`);
      }
      return { from, to };
    }),
  };
}
