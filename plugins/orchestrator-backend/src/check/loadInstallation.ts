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
import {
  ConfigSources,
  EnvConfigSource,
  type ConfigSource,
} from '@backstage/config-loader';
import path from 'node:path';

/** The configuration of an installation. */
export interface Installation {
  readonly config: Config;
  /** The variables that the files name and the environment lacks. Backstage drops the keys that need them. */
  readonly unsetVariables: readonly string[];
}

/** Where an installation is read from. */
export interface InstallationSource {
  /** Files in the order in which they are laid over each other; none: those that Backstage finds by itself. */
  readonly files: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of the files. */
  readonly folder: string;
}

/** A configuration that cannot be read; the message never quotes what is in the files. */
export class UnreadableConfigError extends Error {}

/** What the parser of YAML says about the place of a fault. */
interface YamlFault {
  readonly linePos?: readonly { readonly line: number; readonly col: number }[];
}

/** Says why a file cannot be read, without anything that an error quotes of it: that could be a secret. */
function explain(file: string, error: unknown): string {
  const { name, message } = error as Error;
  const [place] = (error as YamlFault).linePos ?? [];
  if (place) {
    return `${file} is no YAML: line ${place.line}, column ${place.col}`;
  }
  // Backstage's own transformers name the key.
  const key = /, error at \.?([\w.[\]-]+), /.exec(message)?.[1];
  if (key !== undefined) {
    return `${file} cannot be read: what ${key} includes is missing, or is not what its name says`;
  }
  return name === 'NotFoundError'
    ? `${file} cannot be read: it does not exist`
    : `${file} cannot be read: it is no YAML, or no file`;
}

async function readOnce(source: ConfigSource): Promise<Config> {
  const config = await ConfigSources.toConfig(source);
  config.close();
  return config;
}

/**
 * Reads the configuration as a backend would: files, includes, variables and `APP_CONFIG_` of the environment.
 *
 * @throws UnreadableConfigError where a file is missing or is none
 */
export async function loadInstallation({
  files,
  env,
  folder,
}: InstallationSource): Promise<Installation> {
  const unset = new Set<string>();
  const sourceOf = (targets: readonly string[]) =>
    ConfigSources.defaultForTargets({
      targets: targets.map(target => ({
        type: 'path',
        target: path.resolve(folder, target),
      })),
      rootDir: folder,
      watch: false,
      substitutionFunc: async variable => {
        const value = env[variable]?.trim();
        if (!value) unset.add(variable);
        return value || undefined;
      },
    });
  // One by one, so that a fault can be told with its file.
  const alone = files.length > 0 ? files : [undefined];
  for (const file of alone) {
    try {
      await readOnce(sourceOf(file === undefined ? [] : [file]));
    } catch (error) {
      throw new UnreadableConfigError(
        explain(file ?? 'app-config.yaml or one of its kind', error),
      );
    }
  }
  try {
    const config = await readOnce(
      ConfigSources.merge([
        sourceOf(files),
        EnvConfigSource.create({ env: { ...env } }),
      ]),
    );
    return { config, unsetVariables: [...unset].sort() };
  } catch {
    throw new UnreadableConfigError(
      'A variable APP_CONFIG_… of the environment is not valid',
    );
  }
}
