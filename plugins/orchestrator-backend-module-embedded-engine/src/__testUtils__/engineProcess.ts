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
import knexFactory from 'knex';
import { createEmbeddedEngine } from '../engine/createEmbeddedEngine';
import { register, start } from './engines';
import { everything } from './everything';

/*
 * A process with an engine on a SQLite file, for a test that ends it with SIGKILL. Its arguments: the file, the address of the stub, and
 * the ids of the runs to start.
 */

const silent: LoggerService = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  child: () => silent,
};

async function main([filename, url, ...runIds]: string[]): Promise<void> {
  const knex = knexFactory({
    client: 'better-sqlite3',
    connection: { filename },
    useNullAsDefault: true,
  });
  const engine = await createEmbeddedEngine({
    knex,
    logger: silent,
    config: { egress: [url], functions: new Map([['get', { baseUrl: url }]]) },
  });
  await engine.begin?.();
  await register(engine, everything);
  await Promise.all(runIds.map(id => start(engine, 'everything', {}, id)));
  // The parent ends the process; until then it stays.
  setInterval(() => {}, 60_000);
}

main(process.argv.slice(2)).catch(error => {
  process.stderr.write(`${error}\n`);
  process.exitCode = 1;
});
