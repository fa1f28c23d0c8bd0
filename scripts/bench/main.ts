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

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { BenchDatabase } from './BenchDatabase';
import { type BenchOptions, fullBench, smokeBench } from './BenchOptions';
import { BenchServer } from './BenchServer';
import { writeDefinitions } from './definitions';
import { benchCallers } from './scenarios/callers';
import { benchEngine } from './scenarios/engine';
import { benchExecute } from './scenarios/execute';
import { benchLists } from './scenarios/lists';
import { benchSonataFlow } from './scenarios/sonataflow';
import { benchStorage } from './scenarios/storage';
import { benchTokens } from './scenarios/tokens';
import { benchWaiting } from './scenarios/waiting';

const POSTGRES = 'BACKSTAGE_TEST_DATABASE_POSTGRES15_CONNECTION_STRING';

type Scenario = (definitions: string, options: BenchOptions) => Promise<string>;

/** Gives databases to a bench and removes them after it. */
async function withDatabases(
  databases: readonly BenchDatabase[],
  use: (databases: readonly BenchDatabase[]) => Promise<string>,
): Promise<string> {
  try {
    return await use(databases);
  } finally {
    for (const database of databases) await database.remove();
  }
}

/** Measures on each kind of server that there is. */
async function onEachKind(
  options: BenchOptions,
  measure: (createDatabase: () => BenchDatabase) => Promise<string>,
): Promise<string> {
  const kinds = [
    () => BenchDatabase.sqlite(),
    ...(options.postgres
      ? [() => BenchDatabase.postgres(options.postgres!)]
      : []),
  ];
  const tables: string[] = [];
  for (const kind of kinds) tables.push(await measure(kind));
  return tables.join('\n');
}

const scenarios: Record<string, Scenario> = {
  callers: (definitions, options) =>
    withDatabases([BenchDatabase.sqlite()], async ([database]) => {
      const server = await BenchServer.start(database, definitions);
      try {
        return await benchCallers(server, options);
      } finally {
        await server.stop();
      }
    }),
  tokens: (definitions, options) =>
    onEachKind(options, kind => benchTokens(kind, definitions, options)),
  lists: (definitions, options) =>
    onEachKind(options, kind => benchLists(kind, definitions, options)),
  execute: (definitions, options) =>
    withDatabases(BenchDatabase.onEach(options.postgres), databases =>
      benchExecute(databases, definitions, options),
    ),
  engine: (definitions, options) =>
    withDatabases(BenchDatabase.onEach(options.postgres), databases =>
      benchEngine(databases, definitions, options),
    ),
  waiting: (definitions, options) =>
    withDatabases(BenchDatabase.onEach(options.postgres), databases =>
      benchWaiting(databases, definitions, options),
    ),
  sonataflow: (definitions, options) =>
    onEachKind(options, kind => benchSonataFlow(kind, definitions, options)),
  storage: async (definitions, options) =>
    options.postgres
      ? benchStorage(
          () => BenchDatabase.postgres(options.postgres!),
          definitions,
          options,
        )
      : 'What runs take is measured on PostgreSQL only.',
};

async function main() {
  const { values } = parseArgs({
    options: {
      smoke: { type: 'boolean', default: false },
      only: { type: 'string', default: Object.keys(scenarios).join(',') },
    },
  });
  const options: BenchOptions = {
    ...(values.smoke ? smokeBench : fullBench),
    postgres: process.env[POSTGRES],
  };
  console.log(
    `Node ${process.version}, ${os.cpus().length} × ${os.cpus()[0]?.model}; ${
      options.rounds
    } rounds of ${options.seconds} s, ${options.concurrency} at a time`,
  );
  if (!options.postgres) {
    console.log(`Not measured on PostgreSQL: ${POSTGRES} is not set`);
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orchestrator-bench-'));
  try {
    writeDefinitions(folder);
    for (const name of values.only.split(',')) {
      const scenario = scenarios[name];
      if (!scenario) throw new Error(`There is no scenario "${name}"`);
      console.log(await scenario(folder, options));
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  for (const fault of options.bounds.missed) {
    console.error(`Not as it must be: ${fault}`);
    process.exitCode = 1;
  }
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
