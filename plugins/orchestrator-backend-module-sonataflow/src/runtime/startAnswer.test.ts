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

import { isNotStarted } from '@flowgate/backstage-plugin-orchestrator-node';
import { readStartAnswer } from './startAnswer';

const ID = '6b3f4a1e-9a57-4c1f-8d0b-3f2d1c0a9b8e';

const read = (status: number, body: unknown, isUnknown = false) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = { status, text, json: () => JSON.parse(text) };
  return readStartAnswer(answer, 'A runtime', async () => isUnknown);
};
const refusal = (status: number, body: unknown, isUnknown?: boolean) =>
  read(status, body, isUnknown).then(
    outcome => {
      throw new Error(`taken for ${JSON.stringify(outcome)}`);
    },
    error => error,
  );

describe('readStartAnswer', () => {
  it.each([200, 201, 400, 401, 404, 429, 500, 503])(
    'takes an id in an answer with status %d for a started run',
    async status => {
      const body = { id: ID, failedNodeId: '6', message: 'it failed' };
      expect(await read(status, body)).toEqual({ id: ID });
    },
  );

  it('takes an answer of success for one without a node that failed', async () => {
    expect(await read(201, { id: ID, workflowdata: {} })).toEqual({ id: ID });
  });

  it.each([
    [400, { id: 'req-8f3a', error: 'x' }, 'EngineAnswerError'],
    [403, { id: ID, error: 'no' }, 'EngineAnswerError'],
    [404, { id: ID }, 'EngineAnswerError'],
    [429, { id: 'req-8f3a' }, 'EngineAnswerError'],
    [500, { id: ID, message: 'x' }, 'EngineAnswerError'],
    [503, { id: 'req-8f3a', failedNodeId: '1' }, 'ServiceUnavailableError'],
    [503, { id: ID }, 'ServiceUnavailableError'],
  ])(
    'does not take the id of a request in an answer %d of a gateway for a run',
    async (status, body, name) => {
      const error = await refusal(status, body);
      expect(error.name).toBe(name);
      expect(isNotStarted(error)).toBe(false);
    },
  );

  it.each(['', 'run-1', '../x', 'a/b', 'a\nb', `${ID}0`, `${ID}\n`])(
    'does not take %p for an id, nor the run for one that is not there',
    async id => {
      const error = await refusal(201, { id });
      expect(error.name).toBe('EngineAnswerError');
      expect(isNotStarted(error)).toBe(false);
      expect(error.message).not.toContain(id || 'unquotable');
    },
  );

  it('names each fault of an input', async () => {
    const message = [
      'There are JsonSchema validation errors:',
      '$.name: is missing but it is required',
      '$.list[2].age: must have a minimum value of 0',
      '$: has a fault of its own',
      'something: else',
    ].join('\n');
    const error = await refusal(400, { message });
    expect(error).toMatchObject({
      name: 'InputError',
      faults: [
        { path: '/name', message: 'is missing but it is required' },
        { path: '/list/2/age', message: 'must have a minimum value of 0' },
        { path: '', message: 'has a fault of its own' },
        { path: '', message: 'something: else' },
      ],
    });
    expect(isNotStarted(error)).toBe(true);
  });

  it('bounds the faults of an input', async () => {
    const lines = Array.from(
      { length: 500 },
      () => `$.a: ${'x'.repeat(9_000)}`,
    );
    const { faults } = await refusal(400, {
      message: `There are JsonSchema validation errors:\n${lines.join('\n')}`,
    });
    expect(faults).toHaveLength(100);
    expect(faults[0].message).toHaveLength(500);
  });

  it.each([
    'Not able to deserialize data provided.',
    { message: 'class com.example.Secret at http://10.0.0.1/' },
    '<html>http://10.0.0.1</html>',
  ])('does not show the refusal %p', async body => {
    const error = await refusal(400, body);
    expect(error).toMatchObject({
      name: 'InputError',
      message: 'The workflow runtime refused the input',
    });
    expect(error.faults).toBeUndefined();
    expect(isNotStarted(error)).toBe(true);
  });

  it('knows a workflow that only starts by an event', async () => {
    const message = 'There is no start node that matches the trigger none';
    expect(await read(400, { message })).toEqual({ startsByEvent: true });
  });

  it.each([
    [
      {
        message:
          'RESTEASY003210: Could not find resource for full path: http://a/b',
      },
      false,
    ],
    ['', true],
    ['<html>not here</html>', true],
  ])('says of %p that there is no such workflow', async (body, isUnknown) => {
    const error = await refusal(404, body, isUnknown);
    expect(error.name).toBe('NotFoundError');
    expect(isNotStarted(error)).toBe(true);
    expect(error.message).not.toContain('http');
  });

  it('does not take the 404 of a gateway for a workflow that is gone', async () => {
    const error = await refusal(404, '<html>no route</html>', false);
    expect(error.name).toBe('EngineAnswerError');
    expect(isNotStarted(error)).toBe(false);
  });

  it.each([401, 403, 405, 413, 415, 429, 431])(
    'is certain that there is no run after status %d without an id',
    async status => {
      const error = await refusal(status, '');
      expect(error.name).toBe('EngineAnswerError');
      expect(isNotStarted(error)).toBe(true);
    },
  );

  it.each([
    [200, '<html>login</html>', 'EngineAnswerError'],
    [201, '{"id": "run', 'EngineAnswerError'],
    [201, { id: 7 }, 'EngineAnswerError'],
    [201, [{ id: ID }], 'EngineAnswerError'],
    [
      500,
      { details: 'StackOverflowError', stack: 'at …' },
      'EngineAnswerError',
    ],
    [502, '', 'ServiceUnavailableError'],
    [503, '', 'ServiceUnavailableError'],
    [504, '', 'EngineTimeoutError'],
  ])('leaves open what became of %d %p', async (status, body, name) => {
    const error = await refusal(status, body);
    expect(error.name).toBe(name);
    expect(isNotStarted(error)).toBe(false);
  });
});
