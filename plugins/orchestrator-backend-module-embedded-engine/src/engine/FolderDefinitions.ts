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
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

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

/** Reads the files of definitions in folders; what cannot be read is logged and left out. */
export async function readFolders(
  folders: readonly { readonly folder: string; readonly workspace?: string }[],
  options: { readonly logger: LoggerService; readonly maxBytes: number },
): Promise<DefinitionFile[]> {
  const files: DefinitionFile[] = [];
  for (const { folder, workspace } of folders) {
    try {
      for await (const file of walk(path.resolve(folder), 0)) {
        if ((await stat(file)).size > options.maxBytes) {
          options.logger.error(
            `Workflow definition ${file} is refused: it is larger than ${options.maxBytes} bytes`,
          );
          continue;
        }
        files.push({
          path: file,
          source: await readFile(file, 'utf8'),
          format: file.endsWith('.json') ? 'json' : 'yaml',
          workspace,
        });
      }
    } catch (error) {
      options.logger.error(
        `The folder ${folder} of workflow definitions cannot be read: ${
          (error as Error).message
        }`,
      );
    }
  }
  return files;
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
