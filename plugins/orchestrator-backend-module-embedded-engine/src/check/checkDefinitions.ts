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

import path from 'node:path';
import {
  DEFAULT_LIMITS,
  type EmbeddedEngineConfig,
  mayReachWorkspace,
} from '../config/EngineConfig';
import { checkSubFlows } from '../engine/checkSubFlows';
import { DefinitionCompiler } from '../engine/DefinitionCompiler';
import {
  type DefinitionFile,
  readBeside,
  readFolders,
  readHead,
} from '../engine/FolderDefinitions';
import { JqWorker } from '../jq/JqWorker';
import type { CompiledDefinition } from '../language/compileDefinition';
import { DEFAULT_WORKSPACE, definitionHead } from '../language/definitionHead';
import {
  type DefinitionFault,
  DefinitionFaultsError,
} from '../language/readDefinition';
import { UnreadError } from '../language/Resources';
import { Egress } from '../rest/Egress';

/**
 * What the embedded engine would make of a file with a workflow definition.
 *
 * @public
 */
export interface DefinitionCheck {
  /** Relative to the folder that is checked. */
  readonly file: string;
  /** Absent where it cannot be read. */
  readonly id?: string;
  /** Whether the engine can run it. */
  readonly supported: boolean;
  /** What is not supported or wrong, and where: a JSON pointer, empty for the whole. */
  readonly faults: readonly {
    readonly path: string;
    readonly message: string;
  }[];
  /** What its author should know. */
  readonly warnings: readonly string[];
  /** What the configuration of the backend must say for it to run: secrets, egress, addresses. */
  readonly notes: readonly string[];
}

/**
 * What definitions are checked against.
 *
 * @public
 */
export interface DefinitionsCheckOptions {
  /** The configuration with which they are to run; without it, what only it could say is a note. */
  readonly config?: EmbeddedEngineConfig;
  /** The workspace of definitions that name none; `default` where absent. */
  readonly workspace?: string;
}

interface Compiled {
  readonly file: string;
  readonly compiled: CompiledDefinition;
}

const NOTHING: EmbeddedEngineConfig = {
  enabled: true,
  definitions: [],
  egress: [],
  functions: new Map(),
  openapi: new Map(),
  secrets: new Map(),
  events: { crossWorkspace: [] },
  synchronous: 'normal',
  limits: DEFAULT_LIMITS,
};

function refused(
  file: string,
  id: string | undefined,
  faults: readonly DefinitionFault[],
): DefinitionCheck {
  return { file, id, supported: false, faults, warnings: [], notes: [] };
}

/** Checks the files of one folder against each other and the configuration. */
class FolderCheck {
  readonly #config: EmbeddedEngineConfig;
  readonly #lenient: boolean;
  readonly #workspace: string;
  readonly #compiler: DefinitionCompiler;

  constructor(options: DefinitionsCheckOptions, evaluator: JqWorker) {
    this.#config = options.config ?? NOTHING;
    this.#lenient = options.config === undefined;
    this.#workspace = options.workspace ?? DEFAULT_WORKSPACE;
    this.#compiler = new DefinitionCompiler(
      this.#config,
      evaluator,
      Egress.create(this.#config.egress),
      async () => {
        throw new UnreadError(
          'is not read by the check; the engine reads it when it loads the definition',
        );
      },
    );
  }

  async check(folder: string): Promise<DefinitionCheck[]> {
    const { files, problems } = await readFolders(
      [{ folder }],
      this.#config.limits.definitionBytes,
    );
    const checks = problems.map(({ path: file, reason }) =>
      refused(path.relative(folder, file), undefined, [
        { path: '', message: reason },
      ]),
    );
    const heads = new Map<string, ReturnType<typeof definitionHead>>();
    const compiled: Compiled[] = [];
    for (const file of files) {
      const name = path.relative(folder, file.path);
      const found = readHead(file, this.#config.limits.definitionBytes);
      if ('reason' in found) {
        checks.push(
          refused(name, undefined, [{ path: '', message: found.reason }]),
        );
      } else if (heads.has(found.id)) {
        checks.push(
          refused(name, found.id, [
            { path: '/id', message: `another file has the id ${found.id}` },
          ]),
        );
      } else {
        heads.set(found.id, definitionHead(found.document, this.#workspace));
        const made = await this.#compile(file);
        if (Array.isArray(made)) {
          checks.push(refused(name, found.id, made));
        } else {
          compiled.push({ file: name, compiled: made });
        }
      }
    }
    for (const one of compiled) {
      checks.push(await this.#withSubFlows(one, heads));
    }
    return checks.sort((a, b) => (a.file < b.file ? -1 : 1));
  }

  /** A definition that can run, or what is wrong with it. */
  async #compile(
    file: DefinitionFile,
  ): Promise<CompiledDefinition | DefinitionFault[]> {
    const { format, path: where, source } = file;
    try {
      return await this.#compiler.compile(
        { format, source, defaultWorkspace: this.#workspace },
        (reference, maxBytes) => readBeside(where, reference, maxBytes),
        { lenient: this.#lenient },
      );
    } catch (error) {
      if (error instanceof DefinitionFaultsError) {
        return [...error.faults];
      }
      throw error;
    }
  }

  async #withSubFlows(
    { compiled, file }: Compiled,
    heads: ReadonlyMap<string, ReturnType<typeof definitionHead>>,
  ): Promise<DefinitionCheck> {
    const fenced: string[] = [];
    const { faults, warnings } = await checkSubFlows(
      compiled,
      (from, to) => {
        const may = mayReachWorkspace(this.#config.events, from, to);
        if (!may && this.#lenient) {
          fenced.push(
            `starts a workflow of the workspace ${to}; orchestrator.engines.embedded.events.crossWorkspace must list { from: ${from}, to: ${to} }`,
          );
        }
        return may || this.#lenient;
      },
      async id => heads.get(id),
    );
    return {
      file,
      id: compiled.definition.id,
      supported: faults.length === 0,
      faults,
      warnings: [...compiled.warnings, ...warnings],
      notes: [...compiled.notes, ...new Set(fenced)],
    };
  }
}

/**
 * Says of each workflow definition in a folder, and the folders below it, whether the embedded engine can run it. Nothing is started
 * or sent; documents that have an address are not read.
 *
 * @returns the files in the order of their names
 * @public
 */
export async function checkDefinitions(
  folder: string,
  options: DefinitionsCheckOptions = {},
): Promise<DefinitionCheck[]> {
  const { limits } = options.config ?? NOTHING;
  const evaluator = new JqWorker({
    timeoutMs: limits.jqMilliseconds,
    memoryMb: limits.jqMegabytes,
    maxResultLength: limits.stateLength * 2,
    processes: 1,
  });
  // The processes of the expressions let a process end that waits for nothing else.
  const alive = setInterval(() => undefined, 60_000);
  try {
    return await new FolderCheck(options, evaluator).check(
      path.resolve(folder),
    );
  } finally {
    await evaluator.stop();
    clearInterval(alive);
  }
}
