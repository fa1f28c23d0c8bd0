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
import {
  type EmbeddedEngineConfig,
  mayReachWorkspace,
} from '../config/EngineConfig';
import {
  DEFAULT_WORKSPACE,
  definitionHead,
  type DefinitionHead,
} from '../language/definitionHead';
import { DefinitionFaultsError } from '../language/readDefinition';
import { checkSubFlows } from './checkSubFlows';
import type { DefinitionCompiler } from './DefinitionCompiler';
import {
  type DefinitionFile,
  readBeside,
  readFolders,
  readHead,
} from './FolderDefinitions';
import { FolderEntries } from './FolderEntries';
import { makeEntry, type RegistryEntry } from './RegistryEntry';

/** What definitions of folders are loaded with. */
export interface FolderLoading {
  readonly config: EmbeddedEngineConfig;
  readonly compiler: DefinitionCompiler;
  readonly logger: LoggerService;
  /** What is known of a definition that came over HTTP. */
  readonly registered: (id: string) => Promise<DefinitionHead | undefined>;
}

interface LoadedFile {
  readonly file: DefinitionFile;
  readonly entry: RegistryEntry;
}

/** Loads one file; undefined where nothing can be said of its definition. */
async function loadFile(
  file: DefinitionFile,
  { compiler, config }: FolderLoading,
  refused: (reason: string) => void,
): Promise<LoadedFile | undefined> {
  const found = readHead(file, config.limits.definitionBytes);
  if ('reason' in found) {
    refused(found.reason);
    return undefined;
  }
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
      compiler.compile(source, (reference, maxBytes) =>
        readBeside(file.path, reference, maxBytes),
      ),
  );
  return { file, entry };
}

/**
 * Loads the definitions of folders, by id. What is refused is logged with file, place and feature; where its id can be read, it is there
 * as a definition that cannot run.
 */
export async function loadFolders(
  loading: FolderLoading,
): Promise<FolderEntries> {
  const { config, logger, registered } = loading;
  const refused = (file: DefinitionFile) => (reason: string) =>
    logger.error(`Workflow definition ${file.path} is refused: ${reason}`);
  const loaded = new Map<string, LoadedFile>();
  const { files, problems } = await readFolders(
    config.definitions,
    config.limits.definitionBytes,
  );
  for (const { isFolder, path, reason } of problems) {
    logger.error(
      isFolder
        ? `The folder ${path} of workflow definitions ${reason}`
        : `Workflow definition ${path} is refused: it ${reason}`,
    );
  }
  for (const file of files) {
    const made = await loadFile(file, loading, refused(file));
    if (made !== undefined && loaded.has(made.entry.id)) {
      refused(file)(`another file has the id ${made.entry.id}`);
    } else if (made !== undefined) {
      loaded.set(made.entry.id, made);
    }
  }
  const head = async (id: string) =>
    loaded.get(id)?.entry ?? (await registered(id));
  const entries = new FolderEntries();
  // Which workflows there are is known only now.
  for (const { file, entry: made } of loaded.values()) {
    const entry = await withSubFlows(made, config, head);
    if (entry.reason !== undefined) {
      refused(file)(entry.reason);
    }
    tellWarnings(logger, file, entry);
    entries.add(entry, async () => {
      const again = await loadFile(file, loading, () => undefined);
      const found = again && (await withSubFlows(again.entry, config, head));
      if (found?.compiled !== undefined) {
        logger.info(`Workflow definition ${file.path} can run now`);
        tellWarnings(logger, file, found);
      }
      return found;
    });
  }
  return entries;
}

function tellWarnings(
  logger: LoggerService,
  file: DefinitionFile,
  { compiled }: RegistryEntry,
): void {
  for (const warning of compiled?.warnings ?? []) {
    logger.warn(`Workflow definition ${file.path}: ${warning}`);
  }
}

/** An entry that knows whether the workflows are there that it starts. */
async function withSubFlows(
  entry: RegistryEntry,
  { events }: EmbeddedEngineConfig,
  head: (id: string) => Promise<DefinitionHead | undefined>,
): Promise<RegistryEntry> {
  if (entry.compiled === undefined) {
    return entry;
  }
  const { compiled, ...known } = entry;
  const { faults, warnings } = await checkSubFlows(
    compiled,
    (from, to) => mayReachWorkspace(events, from, to),
    head,
  );
  return faults.length > 0
    ? { ...known, reason: new DefinitionFaultsError(faults).message }
    : {
        ...entry,
        compiled: {
          ...compiled,
          warnings: [...compiled.warnings, ...warnings],
        },
      };
}
