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

import type { LoggerService } from '@backstage/backend-plugin-api';
import type { JsonObject } from '@backstage/types';
import type { EmbeddedEngineConfig } from '../config/EngineConfig';
import {
  DEFAULT_WORKSPACE,
  definitionHead,
  definitionId,
} from '../language/definitionHead';
import { readDefinition } from '../language/readDefinition';
import type { DefinitionCompiler } from './DefinitionCompiler';
import {
  type DefinitionFile,
  readBeside,
  readFolders,
} from './FolderDefinitions';
import { makeEntry, type RegistryEntry } from './RegistryEntry';

/** The document in a file and its id, or why it has none. */
function documentOf(
  file: DefinitionFile,
  maxBytes: number,
): { id: string; document: JsonObject } | { reason: string } {
  try {
    const document = readDefinition(file.source, file.format, maxBytes);
    const id = definitionId(document);
    return id === undefined
      ? {
          reason:
            'it has no id of letters, digits, dots, dashes and underscores',
        }
      : { id, document };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

/**
 * Loads the definitions of folders, by id. What is refused is logged with file, place and feature; where its id can be read, it is there
 * as a definition that cannot run.
 */
export async function loadFolders(
  config: EmbeddedEngineConfig,
  compiler: DefinitionCompiler,
  logger: LoggerService,
): Promise<Map<string, RegistryEntry>> {
  const maxBytes = config.limits.definitionBytes;
  const entries = new Map<string, RegistryEntry>();
  for (const file of await readFolders(config.definitions, {
    logger,
    maxBytes,
  })) {
    const refused = (reason: string) =>
      logger.error(`Workflow definition ${file.path} is refused: ${reason}`);
    const found = documentOf(file, maxBytes);
    if ('reason' in found) {
      refused(found.reason);
    } else if (entries.has(found.id)) {
      refused(`another file has the id ${found.id}`);
    } else {
      const defaultWorkspace = file.workspace ?? DEFAULT_WORKSPACE;
      const source = {
        source: file.source,
        format: file.format,
        defaultWorkspace,
      };
      const entry = await makeEntry(
        { id: found.id, source, origin: 'folder' },
        definitionHead(found.document, defaultWorkspace),
        () =>
          compiler.compile(source, reference =>
            readBeside(file.path, reference, maxBytes),
          ),
      );
      entries.set(entry.id, entry);
      if (entry.reason !== undefined) {
        refused(entry.reason);
      }
      for (const warning of entry.compiled?.warnings ?? []) {
        logger.warn(`Workflow definition ${file.path}: ${warning}`);
      }
    }
  }
  return entries;
}
