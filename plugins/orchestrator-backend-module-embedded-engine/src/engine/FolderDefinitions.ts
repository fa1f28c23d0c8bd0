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

import type { JsonObject } from '@backstage/types';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { definitionId } from '../language/definitionHead';
import { readDefinition } from '../language/readDefinition';

/** A file with a definition. */
export interface DefinitionFile {
  /** For the log of the backend. */
  readonly path: string;
  readonly source: string;
  readonly format: 'yaml' | 'json';
  /** The workspace of definitions that name none. */
  readonly workspace?: string;
}

const NAME = /\.sw\.(ya?ml|json)$/;
const MAX_DEPTH = 5;

async function* walk(folder: string, depth: number): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (
        depth < MAX_DEPTH &&
        !entry.name.startsWith('.') &&
        entry.name !== 'node_modules'
      ) {
        yield* walk(full, depth + 1);
      }
    } else if (NAME.test(entry.name)) {
      yield full;
    }
  }
}

/** What was found in folders. */
export interface FolderContents {
  readonly files: readonly DefinitionFile[];
  /** Files and folders that cannot be read. */
  readonly problems: readonly {
    readonly path: string;
    readonly isFolder: boolean;
    readonly reason: string;
  }[];
}

/** Reads the files of definitions in folders; one that cannot be read does not keep the others from it. */
export async function readFolders(
  folders: readonly { readonly folder: string; readonly workspace?: string }[],
  maxBytes: number,
): Promise<FolderContents> {
  const files: DefinitionFile[] = [];
  const problems: { path: string; isFolder: boolean; reason: string }[] = [];
  const failed = (where: string, isFolder: boolean, error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    problems.push({
      path: where,
      isFolder,
      reason: `cannot be read: ${code ?? message}`,
    });
  };
  for (const { folder, workspace } of folders) {
    try {
      for await (const file of walk(path.resolve(folder), 0)) {
        try {
          const found = await stat(file);
          if (!found.isFile()) {
            // Reading a pipe or a device may never end.
            throw new Error('it is no file');
          }
          if (found.size > maxBytes) {
            throw new Error(`it is larger than ${maxBytes} bytes`);
          }
          files.push({
            path: file,
            source: (await readFile(file, 'utf8')).replace(/^\uFEFF/, ''),
            format: file.endsWith('.json') ? 'json' : 'yaml',
            workspace,
          });
        } catch (error) {
          failed(file, false, error);
        }
      }
    } catch (error) {
      failed(folder, true, error);
    }
  }
  return { files, problems };
}

/** The document in a file and its id, or why it has none. */
export function readHead(
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
 * Reads a file that a definition refers to, which must lie in the definition's folder or below.
 *
 * @throws Error whose message may be shown
 */
export async function readBeside(
  definitionPath: string,
  reference: string,
  maxBytes: number,
): Promise<string> {
  const folder = await realpath(path.dirname(definitionPath));
  if (
    /^[a-z][a-z0-9+.-]*:/i.test(reference) ||
    path.isAbsolute(reference) ||
    reference.includes('\0')
  ) {
    throw new Error('must name a file in the folder of the definition');
  }
  let file: string;
  try {
    file = await realpath(path.resolve(folder, reference));
  } catch {
    throw new Error('the file is missing');
  }
  // Where a link leads counts, not where it lies.
  if (!file.startsWith(folder + path.sep)) {
    throw new Error('must name a file in the folder of the definition');
  }
  let found;
  try {
    found = await stat(file);
  } catch {
    throw new Error('the file cannot be read');
  }
  if (!found.isFile()) {
    throw new Error('is no file');
  }
  if (found.size > maxBytes) {
    throw new Error(`the file is larger than ${maxBytes} bytes`);
  }
  try {
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch {
    throw new Error('the file cannot be read');
  }
}
