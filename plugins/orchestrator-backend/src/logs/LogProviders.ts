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

import { ConflictError } from '@backstage/errors';
import type { Config } from '@backstage/config';
import type { WorkflowLogProvider } from '@flowgate/backstage-plugin-orchestrator-node';

const KEY = 'orchestrator.workflowLogProvider';

/** The packages that bring the providers which people have by a key in their configuration. */
const MODULES: Readonly<Record<string, string>> = {
  loki: '@flowgate/backstage-plugin-orchestrator-backend-module-loki',
};

/** The log providers that modules added. */
export class LogProviders {
  readonly #providers = new Map<string, WorkflowLogProvider>();

  /** @throws ConflictError where one with the same id is there already */
  add(provider: WorkflowLogProvider): void {
    const id = provider.getProviderId();
    if (this.#providers.has(id)) {
      throw new ConflictError(
        `There is already a workflow log provider with the id "${id}"`,
      );
    }
    this.#providers.set(id, provider);
  }

  /**
   * The provider that the configuration names; undefined where it names none.
   *
   * @throws Error where it names several, or one that no module added
   */
  chosenBy(config: Config): WorkflowLogProvider | undefined {
    if (!config.has(KEY)) return undefined;
    const ids = config.getConfig(KEY).keys();
    if (ids.length > 1) {
      throw new Error(
        `${KEY} names several providers, of which one at most can be used: ${ids.join(
          ', ',
        )}`,
      );
    }
    const [id] = ids;
    if (id === undefined) return undefined;
    const provider = this.#providers.get(id);
    if (!provider) {
      const from = MODULES[id] ?? 'the module that brings it';
      throw new Error(
        `${KEY}.${id} is configured, but no module added a log provider with the id "${id}": add ${from} to the backend`,
      );
    }
    return provider;
  }
}
