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

import type {
  DefinitionSource,
  EngineDefinition,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { CompiledDefinition } from '../language/compileDefinition';
import { DefinitionFaultsError } from '../language/readDefinition';
import { hashOf } from '../store/DefinitionStore';

/** A definition with its text. */
export interface RegistryEntry {
  readonly id: string;
  readonly source: DefinitionSource;
  readonly hash: string;
  readonly origin: 'folder' | 'http';
  readonly workspace: string;
  /** Absent where it cannot run. */
  readonly compiled?: CompiledDefinition;
  /** Why it cannot run. */
  readonly reason?: string;
}

const DEFAULT_WORKSPACE = 'default';

/** Makes an entry; a definition with faults is one that cannot run. */
export async function makeEntry(
  base: Pick<RegistryEntry, 'id' | 'source' | 'origin'>,
  workspace: string | undefined,
  compile: () => Promise<CompiledDefinition>,
): Promise<RegistryEntry> {
  const hash = hashOf(base.source);
  try {
    const compiled = await compile();
    return {
      ...base,
      hash,
      compiled,
      workspace:
        compiled.definition.workspace ?? workspace ?? DEFAULT_WORKSPACE,
    };
  } catch (error) {
    if (!(error instanceof DefinitionFaultsError)) {
      throw error;
    }
    return {
      ...base,
      hash,
      reason: error.message,
      workspace: workspace ?? DEFAULT_WORKSPACE,
    };
  }
}

/** A definition as the engine shows it. */
export function toEngineDefinition(entry: RegistryEntry): EngineDefinition {
  const definition = entry.compiled?.definition;
  return {
    id: entry.id,
    name: definition?.name ?? entry.id,
    description: definition?.description,
    version: definition?.version,
    format: entry.source.format,
    workspace: entry.workspace,
    origin: entry.origin,
    inputSchema: definition?.inputSchema,
    failOnValidationErrors: definition?.failOnValidationErrors ?? true,
    available: definition !== undefined,
    unavailableReason: entry.reason,
  };
}
