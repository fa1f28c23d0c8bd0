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
import type { Config } from '@backstage/config';
import fs from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { AuthConfig } from '../config/AuthConfig';
import { refuseSharedIdentities } from '../config/externalAccess';
import { openAuthConfig } from '../config/openAuthConfig';
import { checkCallers } from './checkCallers';
import { checkEmbeddedEngine, checkSonataFlow } from './checkEngines';
import { checkCarriedKeys, checkRunRetention, checkStorage } from './checkKeys';
import { checkLogProvider, findLokiModule } from './checkLogProvider';
import { checkRbac } from './checkRbac';
import { CheckReport, type Finding } from './CheckReport';
import { loadInstallation, UnreadableConfigError } from './loadInstallation';
import { RbacPolicy } from './RbacPolicy';
import { redactSecrets } from './redactSecrets';

const USAGE = `Reads the configuration of a Backstage backend and says what the orchestrator would do with it.

  orchestrator-check-config [--config <file>]... [--rbac <file>]...

  --config  a file as the backend is started with it, several in the same order; without any, app-config.yaml,
            app-config.local.yaml and those of BACKSTAGE_ENV in this folder
  --rbac    a policy file of RBAC (permission.rbac.policies-csv-file)

Variables are taken from the environment, as the backend does. Nothing is started, sent or written.
Ends with 0 where the backend would start, 1 where it would refuse to, 2 where it cannot tell.`;

/**
 * What the check has of the process around it.
 *
 * @public
 */
export interface CheckEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that paths are relative to. */
  readonly folder: string;
  /** Takes a text of one or more lines. */
  readonly print: (text: string) => void;
}

interface Arguments {
  readonly config: readonly string[];
  readonly rbac: readonly string[];
  readonly help: boolean;
}

function parse(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      config: { type: 'string', multiple: true, default: [] },
      rbac: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return values as Arguments;
}

/** Turns what the plugin says at its start into findings. */
function listener(findings: Finding[]): LoggerService {
  const logger: LoggerService = {
    error: text => findings.push({ level: 'refuses', text }),
    warn: text => findings.push({ level: 'change', text: `${text}.` }),
    info: text => findings.push({ level: 'ok', text: `${text}.` }),
    debug: () => undefined,
    child: () => logger,
  };
  return logger;
}

/** What a check finds; where it fails as the start of the backend would, that it refuses. */
function orRefusal(check: () => Finding[]): Finding[] {
  try {
    return check();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return [{ level: 'refuses', text }];
  }
}

/** The grants as the plugin reads them; where it refuses to start for more than one reason, all of them. */
function readGrants(config: Config): {
  readonly auth?: AuthConfig;
  readonly findings: readonly Finding[];
} {
  const findings: Finding[] = [];
  try {
    return { auth: openAuthConfig(config, listener(findings)), findings };
  } catch {
    const checks = [
      () => openAuthConfig(config, listener([])),
      () => refuseSharedIdentities(config, 'orchestrator'),
    ];
    const refusals = checks.flatMap(check =>
      orRefusal(() => {
        check();
        return [];
      }),
    );
    const told = new Map(refusals.map(refusal => [refusal.text, refusal]));
    return { findings: [...told.values()] };
  }
}

function report(
  config: Config,
  unset: readonly string[],
  policy: RbacPolicy | undefined,
  isProduction: boolean,
): CheckReport {
  const result = new CheckReport();
  if (unset.length > 0) {
    result.add('Environment', [
      {
        level: 'note',
        text: `Not set here, so the keys that need them are dropped or take what stands behind ":-": ${unset.join(
          ', ',
        )}.`,
      },
    ]);
  }
  result.add('Engines', [
    ...orRefusal(() => checkEmbeddedEngine(config)),
    ...orRefusal(() => checkSonataFlow(config)),
  ]);
  result.add("Keys of Red Hat's plugin", [
    ...orRefusal(() => checkCarriedKeys(config)),
    ...orRefusal(() =>
      checkLogProvider(config, { isProduction, loki: findLokiModule() }),
    ),
  ]);
  result.add('Storage', [
    ...orRefusal(() => checkStorage(config)),
    ...orRefusal(() => checkRunRetention(config)),
  ]);
  const { auth, findings } = readGrants(config);
  result.add('Grants', findings);
  if (auth) {
    const read = auth;
    result.add(
      'Callers',
      orRefusal(() => checkCallers(config, read)),
    );
    result.add(
      'Permission policy',
      orRefusal(() => checkRbac(config, read, policy)),
    );
  }
  return result;
}

async function readPolicy(
  files: readonly string[],
  folder: string,
): Promise<RbacPolicy | undefined> {
  if (files.length === 0) return undefined;
  const texts = files.map(async file => {
    try {
      return await fs.readFile(path.resolve(folder, file), 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new UnreadableConfigError(`${file} cannot be read: ${code}`);
    }
  });
  return new RbacPolicy(await Promise.all(texts));
}

/**
 * Says what the packages of the orchestrator would do with the configuration of a backend, for example one with Red Hat's
 * plugin: which keys are carried, who could call and would hold what, and what refuses to start. The readers are those of the
 * packages themselves. No secret is printed.
 *
 * @param argv - the arguments of the command
 * @returns the exit code: 0 would start, 1 would refuse to start, 2 could not be read
 * @public
 */
export async function checkConfig(
  argv: readonly string[],
  { env, folder, print }: CheckEnvironment,
): Promise<0 | 1 | 2> {
  let args: Arguments;
  try {
    args = parse(argv);
  } catch (error) {
    print(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (args.help) {
    print(USAGE);
    return 0;
  }
  try {
    const { config, unsetVariables } = await loadInstallation({
      files: args.config,
      env,
      folder,
    });
    const policy = await readPolicy(args.rbac, folder);
    const isProduction = env.NODE_ENV === 'production';
    const result = report(config, unsetVariables, policy, isProduction);
    print(redactSecrets(result.toString(), config));
    return result.count('refuses') > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof UnreadableConfigError)) throw error;
    print(error.message);
    return 2;
  }
}
