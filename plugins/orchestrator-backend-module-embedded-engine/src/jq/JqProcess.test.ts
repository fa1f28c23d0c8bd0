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

import childProcess, { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Evaluator, Program } from './Evaluator';
import { JqWorker } from './JqWorker';

/** Never ends, and cannot be interrupted. */
const ENDLESS = '("a" * 100 + "!") | test("^(a+)+$")';
/** Takes more memory than there is, though no value of it is too large. */
const HUNGRY = '[range(100) | reduce range(18) as $i ([.]; . + .)] | length';

const limits = {
  timeoutMs: 60_000,
  memoryMb: 32,
  maxResultLength: 100_000,
  processes: 1,
};

function program(expression: string): Program {
  return {
    data: null,
    variables: {},
    steps: [{ operation: 'evaluate', expression, from: 'data', to: 'result' }],
    give: ['result'],
  };
}

async function outcome(evaluator: Evaluator, expression: string) {
  const { failure, registers } = await evaluator.run(program(expression));
  return failure === undefined ? registers.result : failure.message;
}

const workers: JqWorker[] = [];
let spawned: jest.SpiedFunction<typeof childProcess.spawn>;

function start(own: Partial<typeof limits> = {}): JqWorker {
  const worker = new JqWorker({ ...limits, ...own });
  workers.push(worker);
  return worker;
}

/** The processes that were begun, in their order. */
function children(): ChildProcess[] {
  return spawned.mock.results.map(({ value }) => value as ChildProcess);
}

beforeEach(() => {
  spawned = jest.spyOn(childProcess, 'spawn');
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map(worker => worker.stop()));
  spawned.mockRestore();
});

describe('the process', () => {
  it('has nothing of the environment of the backend', async () => {
    expect(await outcome(start(), '1')).toBe(1);
    const [{ pid, spawnargs }] = children();
    expect(spawned.mock.calls[0][2]).toMatchObject({
      env: {},
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    expect(spawnargs.join(' ')).not.toMatch(/--require|-r /);
    const environment = `/proc/${pid}/environ`;
    // Linux only
    expect(
      existsSync(environment) ? readFileSync(environment, 'utf8') : '',
    ).toBe('');
  });

  it('fails only what takes all of its memory', async () => {
    const worker = start();
    expect(
      await Promise.all(
        ['1', '2', HUNGRY, '3', HUNGRY, '4'].map(expression =>
          outcome(worker, expression),
        ),
      ),
    ).toEqual([
      1,
      2,
      'The expression needed too much memory',
      3,
      'The expression needed too much memory',
      4,
    ]);
    expect(children()).toHaveLength(3);
  });

  it('is replaced when it was ended with nothing to do', async () => {
    const worker = start();
    expect(await outcome(worker, '1')).toBe(1);
    const [child] = children();
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
    expect(await outcome(worker, '2')).toBe(2);
    expect(children()).toHaveLength(2);
  });

  it('ends with its evaluator, whatever it is doing', async () => {
    const worker = start();
    expect(await outcome(worker, '1')).toBe(1);
    const endless = worker.run(program(ENDLESS));
    const refused = endless.catch((error: Error) => error.message);
    await worker.stop();
    expect(await refused).toMatch('is stopped');
    expect(children()[0].signalCode).toBe('SIGKILL');
  });

  it('ends when the backend is gone, whatever it is doing', async () => {
    const script = path.join(__dirname, '..', '..', 'worker', 'jqProcess.js');
    const requests = ['1', ENDLESS]
      .map(expression => `${JSON.stringify(program(expression))}\n`)
      .join('');
    // The pipe closes when both are gone that may write to it.
    const parent = childProcess.spawn(
      process.execPath,
      [
        '-e',
        `require('node:child_process').spawn(process.execPath, ${JSON.stringify(
          [script, '{"memoryMb":32,"maxLength":1000}'],
        )}, { stdio: ['pipe', 'inherit', 'ignore'] }).stdin.write(${JSON.stringify(
          requests,
        )})`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let said = '';
    for await (const chunk of parent.stdout!.iterator({
      destroyOnReturn: false,
    })) {
      said += chunk;
      if (said.includes('"result":1')) {
        break;
      }
    }
    parent.kill('SIGKILL');
    parent.stdout!.resume();
    expect(await once(parent, 'close')).toEqual([null, 'SIGKILL']);
  });

  it('that does not start fails what waits for it, and is begun again for the next', async () => {
    const worker = start();
    spawned.mockImplementationOnce((_command, _args, options) =>
      childProcess.execFile(
        process.execPath,
        ['-e', 'process.exit(1)'],
        options as object,
      ),
    );
    await expect(worker.run(program('1'))).rejects.toThrow('does not start');
    expect(await outcome(worker, '2')).toBe(2);
  });
});

describe('workflows', () => {
  it('do not wait for another that takes its time', async () => {
    const worker = start({ processes: 2 });
    const slow = Promise.allSettled(
      Array.from({ length: 5 }, () => worker.of('slow').run(program(ENDLESS))),
    );
    for (let i = 0; i < 5; i += 1) {
      expect(await outcome(worker.of('quick'), `${i}`)).toBe(i);
    }
    await worker.stop();
    expect((await slow).map(({ status }) => status)).toEqual(
      Array(5).fill('rejected'),
    );
  });

  it('take turns at one process', async () => {
    const worker = start({ timeoutMs: 300 });
    const order: string[] = [];
    const ask = async (workflow: string, expression: string) => {
      await worker.of(workflow).run(program(expression));
      order.push(workflow);
    };
    await Promise.all([
      ...Array.from({ length: 4 }, () => ask('slow', ENDLESS)),
      ask('quick', '1'),
    ]);
    expect(order).toEqual(['slow', 'quick', 'slow', 'slow', 'slow']);
  });
});
