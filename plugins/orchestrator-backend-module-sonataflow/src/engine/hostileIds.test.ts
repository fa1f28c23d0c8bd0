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

import { call, FakeWorld, startOf } from './__testUtils__/FakeWorld';

jest.setTimeout(60_000);

describe('ids with every character', () => {
  const ids = [
    '',
    ' ',
    '.',
    '..',
    '../../q/health',
    'a/b?c#d',
    '%2e%2e%2f',
    '"}) { id }',
    "' or 1=1 --",
    '*',
    '%',
    'a\0b',
    'a\r\nX-Header: 1',
    '\ud800',
    '🙂ü',
    'x'.repeat(5_000),
  ];

  let world: FakeWorld;

  beforeEach(async () => {
    world = await FakeWorld.start();
  });

  afterEach(() => world.close());

  it.each(ids)('%j is a run and a workflow that are not there', async id => {
    const engine = world.engine({ eventsUrl: world.runtime.url });
    expect(await engine.get(id, call)).toBeUndefined();
    expect(await engine.getMany([id], call)).toEqual(new Map());
    expect(
      await engine.findStarted!([{ runId: id, definitionId: id }], call),
    ).toEqual(new Map());
    expect(await engine.standings!([id], call)).toEqual(new Map());
    expect(await engine.logs(id, call)).toBeUndefined();
    expect(await engine.getDefinitionSource(id, call)).toBeUndefined();
    const refusals = await Promise.allSettled([
      engine.abort(id, call),
      engine.retrigger(id, call),
      engine.signal(id, { name: 'go', data: {} }, call),
      engine.start(startOf(id), call),
    ]);
    expect(refusals).toEqual(
      refusals.map(() => ({
        status: 'rejected',
        reason: expect.objectContaining({ name: 'NotFoundError' }),
      })),
    );
    const changing = world.runtime.requests.filter(
      ({ method }) => method !== 'GET',
    );
    expect(changing).toEqual([]);
  });
});
