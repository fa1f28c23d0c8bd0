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
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import { anEvent } from './__testUtils__/testEvents';
import { checkEvent } from './checkEvent';

const check =
  (event: Partial<EngineEvent>, maxBytes = 1_000) =>
  () =>
    checkEvent(anEvent(event), maxBytes);

describe('checkEvent', () => {
  it('keeps an event that is as it should be', () => {
    const event = anEvent({
      subject: 'order 5',
      time: '2026-11-22T15:00:00Z',
      dataSchema: 'http://schemas.test/paid',
      data: { amount: 5 },
      extensions: { orderid: 'ä-5', kogitoprocrefid: 'run-1' },
    });
    expect(checkEvent(event, 1_000)).toEqual(event);
  });

  it('leaves out attributes that steer an engine, but those that name a run', () => {
    const { extensions } = checkEvent(
      anEvent({
        extensions: {
          kogitoprocinstanceid: 'r',
          kogitoprocstartfrom: 'node',
          kogitobusinesskey: 'run-2',
          a: 'b',
        },
      }),
      1_000,
    );
    expect(extensions).toEqual({ kogitobusinesskey: 'run-2', a: 'b' });
  });

  it('leaves out what CloudEvents does not know', () => {
    const event = { ...anEvent(), owner: 'me' } as EngineEvent;
    expect(Object.keys(checkEvent(event, 1_000))).not.toContain('owner');
  });

  it.each<[string, Partial<EngineEvent>]>([
    ['an empty id', { id: '' }],
    ['an id that is no text', { id: 5 as unknown as string }],
    ['no source', { source: undefined }],
    ['a type that is an object', { type: {} as unknown as string }],
    ['a long type', { type: 'x'.repeat(1_025) }],
    ['a line break in an attribute', { subject: 'a\r\nce-type: b' }],
    ['a null character', { source: 'a\0b' }],
    ['half of a character', { subject: '\ud800' }],
    ['a time that is none', { time: 'tomorrow' }],
    ['extensions that are none', { extensions: null as unknown as {} }],
    ['a name with upper case', { extensions: { orderId: '5' } }],
    ['a name with a dash', { extensions: { 'order-id': '5' } }],
    ['a name of an own attribute', { extensions: { type: 'other' } }],
    ['a name of a member', { extensions: { data: 'x' } }],
    ['a prototype', { extensions: JSON.parse('{"__proto__": "x"}') }],
    ['a value that is a number', { extensions: { a: 5 as unknown as string } }],
    ['a value that is empty', { extensions: { a: '' } }],
    [
      'many extensions',
      {
        extensions: Object.fromEntries(
          Array.from({ length: 33 }, (_v, i) => [`a${i}`, 'x']),
        ),
      },
    ],
    ['data that are large', { data: 'x'.repeat(1_000) }],
    ['data that are large in bytes', { data: 'ä'.repeat(480) }],
    [
      'data that are deep',
      { data: JSON.parse('['.repeat(300) + ']'.repeat(300)) },
    ],
  ])('refuses %s', (_name, event) => {
    expect(check(event)).toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
  });

  it('measures attributes as they are written into headers', () => {
    const extensions = (length: number) => ({
      a: 'ä'.repeat(1_000),
      b: 'b'.repeat(length),
    });
    expect(check({ extensions: extensions(1_000) }, 20_000)).not.toThrow();
    expect(
      check(
        { extensions: { ...extensions(1_000), c: 'ä'.repeat(500) } },
        20_000,
      ),
    ).toThrow('8192 bytes as headers');
  });

  it('tells nothing of the event in its refusals', () => {
    expect(check({ subject: 'geheim\n', extensions: {} })).toThrow(
      /^(?!.*geheim)/,
    );
    expect(check({ extensions: { 'Geheim!': 'x' } })).toThrow(/^(?!.*Geheim)/);
  });
});
