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

import { mockServices } from '@backstage/backend-test-utils';
import knexFactory from 'knex';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { call, ended } from '../__testUtils__/engines';
import {
  callsByKey,
  everythingResult,
  scriptEverything,
} from '../__testUtils__/everything';
import { RestStub } from '../__testUtils__/restStub';
import { createEmbeddedEngine } from './createEmbeddedEngine';

jest.setTimeout(120_000);

const RUNS = 50;

it('ends every run after SIGKILL in their middle, and repeats no recorded call', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sigkill-'));
  const filename = path.join(folder, 'engine.sqlite');
  const stub = await RestStub.start();
  scriptEverything(stub);
  const ids = Array.from({ length: RUNS }, () => randomUUID());

  // The process dies when half of the runs have come to their last call: the others are anywhere before it.
  let middle = () => {};
  const reached = new Promise<void>(resolve => {
    middle = resolve;
  });
  let last = 0;
  stub.answer('GET /last', () => {
    last += 1;
    if (last === RUNS / 2) {
      middle();
    }
    return { body: { last: true } };
  });
  const child = spawn(
    process.execPath,
    [
      '-r',
      require.resolve('@backstage/cli/config/nodeTransform.cjs'),
      path.join(__dirname, '..', '__testUtils__', 'engineProcess.ts'),
      filename,
      stub.url,
      ...ids,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const exit = once(child, 'exit');
  await reached;
  child.kill('SIGKILL');
  expect(await exit).toEqual([null, 'SIGKILL']);

  const knex = knexFactory({
    client: 'better-sqlite3',
    connection: { filename },
    useNullAsDefault: true,
  });
  const engine = await createEmbeddedEngine({
    knex,
    logger: mockServices.logger.mock(),
    config: {
      egress: [stub.url],
      functions: new Map([['get', { baseUrl: stub.url }]]),
    },
  });
  try {
    const recorded: { run_id: string; call_key: string }[] = await knex(
      'embedded_journal',
    );
    const active = await knex('embedded_runs').where({ status: 'ACTIVE' });
    const before = callsByKey(stub);
    expect(active.length).toBeGreaterThan(0);
    expect(recorded.length).toBeGreaterThan(RUNS);

    await engine.begin?.();
    for (const id of ids) {
      expect(await ended(engine, id)).toMatchObject({
        state: 'COMPLETED',
        data: everythingResult,
        provenance: { initiator: 'user:default/test' },
      });
    }
    const after = callsByKey(stub);
    for (const { run_id: id, call_key: key } of recorded) {
      expect(after.get(`${id}.${key}`)).toBe(before.get(`${id}.${key}`));
    }
    expect((await engine.getMany(ids, call)).size).toBe(RUNS);
  } finally {
    await engine.stop();
    await knex.destroy();
    await stub.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
