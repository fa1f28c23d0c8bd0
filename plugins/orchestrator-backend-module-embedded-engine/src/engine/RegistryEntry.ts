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

import type { EngineDefinition } from '@flowgate/backstage-plugin-orchestrator-node';
import type { CompiledDefinition } from '../language/compileDefinition';
import { DefinitionFaultsError } from '../language/readDefinition';
import type { DefinitionHead } from '../language/definitionHead';
import { UnreachableDocumentError } from './DefinitionCompiler';
import { hashOf, type KeptDefinition } from '../store/DefinitionStore';

/** A definition with its text. */
export interface RegistryEntry extends DefinitionHead {
  readonly id: string;
  readonly source: KeptDefinition;
  readonly hash: string;
  readonly origin: 'folder' | 'http';
  /** Absent where it cannot run. */
  readonly compiled?: CompiledDefinition;
  /** Why it cannot run. */
  readonly reason?: string;
  /** It may come right: a document that it refers to could not be read from its address. */
  readonly mayRecover?: boolean;
}

/**
 * Makes an entry; a definition with faults is one that cannot run.
 *
 * @param head - what is known of it, also where it has faults: it stays in its workspace
 */
export async function makeEntry(
  base: Pick<RegistryEntry, 'id' | 'source' | 'origin'>,
  { name, version, workspace }: DefinitionHead,
  compile: () => Promise<CompiledDefinition>,
): Promise<RegistryEntry> {
  const known = {
    ...base,
    name,
    version,
    workspace,
    hash: hashOf(base.source),
  };
  try {
    const compiled = await compile();
    // What it refers to belongs to its text: its runs go on with what they were started with.
    const { resources = compiled.resources } = base.source;
    const source = { ...base.source, resources };
    return { ...known, source, hash: hashOf(source), compiled };
  } catch (error) {
    if (!(error instanceof DefinitionFaultsError)) {
      throw error;
    }
    return {
      ...known,
      reason: error.message,
      mayRecover: error instanceof UnreachableDocumentError,
    };
  }
}

/** A definition as the engine shows it. */
export function toEngineDefinition(entry: RegistryEntry): EngineDefinition {
  const definition = entry.compiled?.definition;
  return {
    id: entry.id,
    name: entry.name,
    description: definition?.description,
    version: entry.version,
    format: entry.source.format,
    workspace: entry.workspace,
    origin: entry.origin,
    inputSchema: definition?.inputSchema,
    failOnValidationErrors: definition?.failOnValidationErrors ?? true,
    startsByEvent: definition?.startsByEvent,
    available: definition !== undefined,
    unavailableReason: entry.reason,
  };
}
