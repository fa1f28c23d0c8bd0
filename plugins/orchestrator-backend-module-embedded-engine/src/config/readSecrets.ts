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
import { isOrchestratorId } from '@flowgate/backstage-plugin-orchestrator-common';
import type { EmbeddedEngineConfig } from './EngineConfig';
import { KEY } from './key';
import { objectAt, withKeys } from './values';

/** A shorter secret cannot be told from other texts in the answers of calls. */
const MIN_SECRET_LENGTH = 6;

/**
 * Reads the secrets of workflows.
 *
 * @throws Error that names the key that is wrong, and never holds a value
 */
export function readSecrets(
  config: Config | undefined,
  unknown: string[],
): EmbeddedEngineConfig['secrets'] {
  return new Map(
    Object.entries(objectAt(config, 'secrets')).map(([name, entry]) => {
      const key = `${KEY}.secrets.${name}`;
      const { value, workflows } = withKeys(
        key,
        entry,
        ['value', 'workflows'],
        unknown,
      );
      if (typeof value !== 'string') {
        throw new Error(`${key}.value must be a text`);
      }
      if (value.length < MIN_SECRET_LENGTH) {
        throw new Error(
          `${key}.value must have at least ${MIN_SECRET_LENGTH} characters: a shorter one could not be removed from the answers of calls`,
        );
      }
      if (!Array.isArray(workflows)) {
        throw new Error(`${key}.workflows must be a list`);
      }
      workflows.forEach((workflow, i) => {
        const id =
          typeof workflow === 'string' && !workflow.startsWith('/')
            ? workflow.slice(workflow.lastIndexOf('/') + 1)
            : '';
        if (!isOrchestratorId(id)) {
          throw new Error(
            `${key}.workflows[${i}] must be workspace/workflowId, or the id of a workflow of the workspace default`,
          );
        }
      });
      return [name, { value, workflows: workflows as string[] }];
    }),
  );
}
