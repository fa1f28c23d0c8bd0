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

import type { RootConfigService } from '@backstage/backend-plugin-api';
import type { Config } from '@backstage/config';
import { isOrchestratorId } from '@flowgate/backstage-plugin-orchestrator-common';
import { DEFAULT_WORKSPACE, isKeepable } from '../language/definitionHead';
import { Egress } from '../rest/Egress';

/**
 * The limits of the embedded engine.
 *
 * @public
 */
export interface EmbeddedEngineLimits {
  /** Characters of JSON that the data of a run may have. */
  readonly stateLength: number;
  /** States and actions that a run may begin until it is retriggered. */
  readonly stepsPerRun: number;
  /** Milliseconds that the expressions of one step may take. */
  readonly jqMilliseconds: number;
  /** Megabytes of memory for each process of the expressions. */
  readonly jqMegabytes: number;
  /** Processes for expressions. */
  readonly jqProcesses: number;
  /** Bytes of an answer to a call. */
  readonly responseBytes: number;
  /** Milliseconds that a call may take. */
  readonly callMilliseconds: number;
  /** Calls at one time in this process. */
  readonly concurrentCalls: number;
  /** Log lines that are kept of a run. */
  readonly logLines: number;
  /** Characters of a log line. */
  readonly logLineLength: number;
  /** Bytes of a definition. */
  readonly definitionBytes: number;
}

/**
 * The configuration of the embedded engine.
 *
 * @public
 */
export interface EmbeddedEngineConfig {
  readonly enabled: boolean;
  /** Folders of definitions, relative to the working directory of the process. */
  readonly definitions: readonly {
    readonly folder: string;
    readonly workspace?: string;
  }[];
  /** Origins to which calls may go, each with a path prefix or without. */
  readonly egress: readonly string[];
  /** Below which address the paths of a function stand, by its name. */
  readonly functions: ReadonlyMap<string, { readonly baseUrl: string }>;
  readonly secrets: ReadonlyMap<
    string,
    {
      readonly value: string;
      /** Who may read it: `workspace/workflowId`, or `workflowId` for one of the workspace `default`. */
      readonly workflows: readonly string[];
    }
  >;
  /** How carefully SQLite writes: `normal` loses no run when the process dies, `full` none when the machine does. */
  readonly synchronous: 'normal' | 'full';
  readonly limits: EmbeddedEngineLimits;
}

const KEY = 'orchestrator.engines.embedded';

/** Safe for a small machine. */
export const DEFAULT_LIMITS: EmbeddedEngineLimits = {
  stateLength: 1_000_000,
  stepsPerRun: 10_000,
  jqMilliseconds: 1_000,
  jqMegabytes: 128,
  jqProcesses: 2,
  responseBytes: 1_000_000,
  callMilliseconds: 30_000,
  concurrentCalls: 50,
  logLines: 1_000,
  logLineLength: 4_000,
  definitionBytes: 2 * 1024 * 1024,
};

const KNOWN = [
  'enabled',
  'definitions',
  'egress',
  'functions',
  'secrets',
  'synchronous',
  'limits',
];

/** A shorter secret cannot be told from other texts in the answers of calls. */
const MIN_SECRET_LENGTH = 6;

function readDefinitions(
  config: Config | undefined,
): EmbeddedEngineConfig['definitions'] {
  const value = config?.getOptional('definitions');
  if (value === undefined) {
    return [];
  }
  if (!Array.isArray(value)) {
    throw new Error(`${KEY}.definitions must be a list`);
  }
  return value.map((entry, i) => {
    if (typeof entry === 'string' && entry !== '') {
      return { folder: entry };
    }
    const { folder, workspace } = (entry ?? {}) as {
      folder?: unknown;
      workspace?: unknown;
    };
    if (typeof folder !== 'string' || folder === '') {
      throw new Error(
        `${KEY}.definitions[${i}] must be a folder, or an object with one`,
      );
    }
    if (workspace !== undefined && !isKeepable(workspace)) {
      throw new Error(
        `${KEY}.definitions[${i}].workspace must be a text of 255 characters at most`,
      );
    }
    return { folder, workspace };
  });
}

function readSecrets(
  config: Config | undefined,
): EmbeddedEngineConfig['secrets'] {
  const secrets = config?.getOptionalConfig('secrets');
  return new Map(
    (secrets?.keys() ?? []).map(name => {
      const secret = secrets!.getConfig(name);
      const value = secret.getString('value');
      if (value.length < MIN_SECRET_LENGTH) {
        throw new Error(
          `${KEY}.secrets.${name}.value must have at least ${MIN_SECRET_LENGTH} characters: a shorter one could not be removed from the answers of calls`,
        );
      }
      const workflows = secret.getStringArray('workflows');
      workflows.forEach((workflow, i) => {
        const slash = workflow.lastIndexOf('/');
        if (slash === 0 || !isOrchestratorId(workflow.slice(slash + 1))) {
          throw new Error(
            `${KEY}.secrets.${name}.workflows[${i}] must be workspace/workflowId, or the id of a workflow of the workspace default`,
          );
        }
      });
      return [name, { value, workflows }];
    }),
  );
}

/** Whether a workflow may read a secret: its id alone says nothing, since anybody may register it in a workspace of theirs. */
export function mayReadSecret(
  { workflows }: { readonly workflows: readonly string[] },
  { id, workspace }: { readonly id: string; readonly workspace: string },
): boolean {
  return (
    workflows.includes(`${workspace}/${id}`) ||
    (workspace === DEFAULT_WORKSPACE && workflows.includes(id))
  );
}

function readFunctions(
  config: Config | undefined,
): EmbeddedEngineConfig['functions'] {
  const functions = config?.getOptionalConfig('functions');
  return new Map(
    (functions?.keys() ?? []).map(name => {
      const baseUrl = functions!.getString(`${name}.baseUrl`);
      if (!URL.canParse(baseUrl) || !/^https?:/.test(baseUrl)) {
        throw new Error(
          `${KEY}.functions.${name}.baseUrl must be an http or https address`,
        );
      }
      return [name, { baseUrl }];
    }),
  );
}

function readLimits(config: Config | undefined): EmbeddedEngineLimits {
  const limits = config?.getOptionalConfig('limits');
  const read: { [name: string]: number } = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(DEFAULT_LIMITS)) {
    const value = limits?.getOptionalNumber(name);
    if (value !== undefined) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new Error(`${KEY}.limits.${name} must be a whole number above 0`);
      }
      read[name] = value;
    }
  }
  return read as unknown as EmbeddedEngineLimits;
}

function unknownKeys(config: Config | undefined): string[] {
  const limits = config?.getOptionalConfig('limits')?.keys() ?? [];
  return [
    ...(config?.keys() ?? [])
      .filter(key => !KNOWN.includes(key))
      .map(key => `${KEY}.${key}`),
    ...limits
      .filter(key => !Object.hasOwn(DEFAULT_LIMITS, key))
      .map(key => `${KEY}.limits.${key}`),
  ];
}

/**
 * Reads the configuration of the embedded engine.
 *
 * @returns the configuration, and the keys that are not known
 * @throws Error that names the key that is wrong
 * @public
 */
export function readEmbeddedEngineConfig(root: RootConfigService): {
  config: EmbeddedEngineConfig;
  unknown: readonly string[];
} {
  const config = root.getOptionalConfig(KEY);
  const egress = config?.getOptionalStringArray('egress') ?? [];
  try {
    Egress.create(egress);
  } catch (error) {
    throw new Error(`${KEY}.egress: ${(error as Error).message}`);
  }
  const synchronous =
    config?.getOptionalString('synchronous')?.toLowerCase() ?? 'normal';
  if (synchronous !== 'normal' && synchronous !== 'full') {
    throw new Error(`${KEY}.synchronous must be normal or full`);
  }
  return {
    config: {
      enabled: config?.getOptionalBoolean('enabled') ?? true,
      definitions: readDefinitions(config),
      egress,
      functions: readFunctions(config),
      secrets: readSecrets(config),
      synchronous,
      limits: readLimits(config),
    },
    unknown: unknownKeys(config),
  };
}
