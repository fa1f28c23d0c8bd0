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

import { ConfigSources } from '@backstage/config-loader';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { EmbeddedEngineConfig } from '../config/EngineConfig';
import { readEmbeddedEngineConfig } from '../config/readEngineConfig';
import { checkDefinitions, type DefinitionCheck } from './checkDefinitions';

const USAGE = `Says of each workflow definition in a folder whether the embedded engine can run it.

  orchestrator-check-definitions <folder> [--config <file>]... [--workspace <name>]

  --config     a configuration file of the backend, several in the same order; without any, what only the configuration
               could say (secrets, egress, addresses) is a note
  --workspace  the workspace of definitions that name none

Files are *.sw.yaml, *.sw.yml and *.sw.json. Nothing is started or sent.
Ends with 0 where all are supported, 1 where one is refused, 2 where it cannot tell.`;

/**
 * What the check has of the process around it.
 *
 * @public
 */
export interface DefinitionsCheckEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that paths are relative to. */
  readonly folder: string;
  /** Takes a text of one or more lines. */
  readonly print: (text: string) => void;
}

/** What stands in for a variable that is not set here: no check needs its value. */
const UNSET = 'a-variable-that-is-not-set-here';

/** Why the check cannot be made; the message may be shown. */
class CannotCheckError extends Error {}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        config: { type: 'string', multiple: true, default: [] },
        workspace: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new CannotCheckError((error as Error).message);
  }
}

async function readConfig(
  files: readonly string[],
  { env, folder }: DefinitionsCheckEnvironment,
): Promise<EmbeddedEngineConfig | undefined> {
  if (files.length === 0) {
    return undefined;
  }
  let config;
  try {
    config = await ConfigSources.toConfig(
      ConfigSources.defaultForTargets({
        targets: files.map(file => ({
          type: 'path',
          target: path.resolve(folder, file),
        })),
        rootDir: folder,
        watch: false,
        substitutionFunc: async name => env[name]?.trim() || UNSET,
      }),
    );
  } catch {
    // Nothing of the reason: it may quote a secret.
    throw new CannotCheckError(
      `the configuration cannot be read: ${files.join(', ')}`,
    );
  }
  try {
    return readEmbeddedEngineConfig(config).config;
  } catch (error) {
    throw new CannotCheckError((error as Error).message);
  } finally {
    config.close();
  }
}

function describe({
  faults,
  file,
  id,
  notes,
  supported,
  warnings,
}: DefinitionCheck): string {
  const lines = [
    `${file}${id === undefined ? '' : ` (${id})`}: ${
      supported ? 'supported' : 'refused'
    }`,
    ...faults.map(
      ({ message, path: place }) =>
        `  refused  ${place === '' ? '' : `${place}: `}${message}`,
    ),
    ...warnings.map(text => `  warning  ${text}`),
    ...notes.map(text => `  note     ${text}`),
  ];
  return lines.join('\n');
}

async function check(
  argv: readonly string[],
  environment: DefinitionsCheckEnvironment,
): Promise<number> {
  const { positionals, values } = parse(argv);
  if (values.help) {
    environment.print(USAGE);
    return 0;
  }
  const [folder, ...others] = positionals;
  if (folder === undefined || others.length > 0) {
    throw new CannotCheckError(`name one folder\n\n${USAGE}`);
  }
  const checks = await checkDefinitions(
    path.resolve(environment.folder, folder),
    {
      config: await readConfig(values.config ?? [], environment),
      workspace: values.workspace,
    },
  );
  if (checks.length === 0) {
    throw new CannotCheckError(`there is no definition in ${folder}`);
  }
  checks.forEach(one => environment.print(describe(one)));
  const refused = checks.filter(({ supported }) => !supported).length;
  environment.print(
    `\n${checks.length} definition${checks.length === 1 ? '' : 's'}: ${
      checks.length - refused
    } supported, ${refused} refused`,
  );
  return refused === 0 ? 0 : 1;
}

/**
 * Checks the definitions of a folder as the command `orchestrator-check-definitions` does.
 *
 * @param argv - what follows the name of the command
 * @returns the code to end with
 * @public
 */
export async function runDefinitionsCheck(
  argv: readonly string[],
  environment: DefinitionsCheckEnvironment,
): Promise<number> {
  try {
    return await check(argv, environment);
  } catch (error) {
    if (error instanceof CannotCheckError) {
      environment.print(`Cannot check: ${error.message}`);
      return 2;
    }
    throw error;
  }
}
