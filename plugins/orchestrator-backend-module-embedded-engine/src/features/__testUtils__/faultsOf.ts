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

import { isDeepStrictEqual } from 'node:util';
import type { CrashableEngine } from '../../__testUtils__/crashableEngine';
import { call } from '../../__testUtils__/engines';
import type { RestStub } from '../../__testUtils__/restStub';
import type { FeatureCase } from './FeatureCase';
import { callsByPath, type FeatureExecution, sorted } from './FeatureExecution';
import { runOf } from './FeatureServices';

/** What is not as it must be at the end of a feature, in words. */
export async function faultsOf(
  { definition, expect: wanted, name }: FeatureCase,
  execution: FeatureExecution,
  { engine, knex }: Pick<CrashableEngine, 'engine' | 'knex'>,
  stub: RestStub,
): Promise<string[]> {
  const faults: string[] = [];
  const same = (what: string, seen: unknown, expected: unknown) => {
    if (!isDeepStrictEqual(seen, expected)) {
      faults.push(
        `${name} (${execution.runId}): ${what} is ${JSON.stringify(
          seen,
        )}, not ${JSON.stringify(expected)}`,
      );
    }
  };
  const run = await execution.settled(engine);
  if (run?.state !== wanted.state) {
    faults.push(`${name}: ${run?.error?.message ?? 'no error'}`);
  }
  same('its state', run?.state, wanted.state);
  same('its data', run?.data, wanted.data);
  if (wanted.error !== undefined) {
    same(
      'what its error says',
      wanted.error.test(run?.error?.message ?? ''),
      true,
    );
  }
  for (const line of wanted.lines ?? []) {
    const lines = await engine.logs(execution.runId, call);
    same(
      `what it logged of ${line}`,
      lines?.some(({ log }) => log.includes(line)),
      true,
    );
  }
  if (wanted.children !== undefined) {
    same(
      'what its sub-flows came to',
      await execution.children(engine, knex, wanted.children),
      sorted(wanted.children),
    );
  }
  if (wanted.calls !== undefined) {
    const family: string[] = await knex('embedded_runs')
      .where({ id: execution.runId })
      .orWhere({ root_id: execution.runId })
      .pluck('id');
    const calls = stub.calls.filter(({ headers }) =>
      family.includes(runOf(String(headers['idempotency-key']))),
    );
    same('the number of its calls', callsByPath(calls), wanted.calls);
  }
  if (wanted.emitted !== undefined) {
    const emitted = await execution.emitted(stub, wanted.emitted.length);
    same(
      'what it sent',
      emitted.map(({ attributes, data, type }, i) => ({
        type,
        data,
        attributes: Object.keys(wanted.emitted?.[i]?.attributes ?? {}).map(
          attribute => Reflect.get(attributes, `ce-${attribute}`),
        ),
        source: Reflect.get(attributes, 'ce-source'),
      })),
      wanted.emitted.map(({ attributes = {}, data, type }) => ({
        type,
        data,
        attributes: Object.values(attributes),
        source: `/process/${definition}`,
      })),
    );
    if (wanted.startsByItsEvent !== undefined) {
      const id =
        stub.emitted.find(one => one.id.startsWith(execution.runId))?.id ?? '';
      same(
        'the run that it started',
        await execution.startedByEvent(engine, wanted.startsByItsEvent, {
          id,
          source: `/process/${definition}`,
        }),
        wanted.startsByItsEvent,
      );
    }
  }
  const hasEnded = run?.state === 'COMPLETED' || run?.state === 'ABORTED';
  same(
    'what has no end of its nodes',
    hasEnded
      ? run.nodes.filter(({ exit }) => exit === undefined).map(one => one.name)
      : [],
    [],
  );
  return faults;
}
