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

import { readCloudEvent } from './cloudEvents';

const STRUCTURED = 'application/cloudevents+json';
const event = { specversion: '1.0', id: '1', source: '/shop', type: 'paid' };

const structured = (body: unknown) =>
  readCloudEvent({ headers: {}, body, mediaType: STRUCTURED });

const headersOf = (attributes: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]),
  );

const binary = (attributes: Record<string, string>, body?: unknown) =>
  readCloudEvent({
    headers: headersOf(attributes),
    body,
    mediaType: body === undefined ? undefined : 'application/json',
  });

function faultsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    expect(error).toMatchObject({ code: 'request.invalid' });
    return (error as any).details.faults.map((fault: any) => fault.path);
  }
  throw new Error('It was taken');
}

describe('readCloudEvent', () => {
  it('reads the structured mode', () => {
    expect(
      structured({
        ...event,
        subject: 'order 7',
        time: '2026-11-22T10:00:00.5+01:00',
        dataschema: 'https://example.com/schema',
        datacontenttype: 'application/json',
        data: { total: 3 },
        order: 'o-1',
        urgent: true,
        priority: -3,
        nothing: null,
      }),
    ).toEqual({
      id: '1',
      source: '/shop',
      type: 'paid',
      subject: 'order 7',
      time: '2026-11-22T10:00:00.5+01:00',
      dataSchema: 'https://example.com/schema',
      data: { total: 3 },
      extensions: { order: 'o-1', urgent: 'true', priority: '-3' },
    });
  });

  it('reads the binary mode, with values that are quoted or percent-encoded', () => {
    expect(
      binary(
        {
          ...event,
          subject: 'Euro%20%E2%82%AC%20%F0%9F%98%80%25',
          order: '"a \\"b\\" c%2Fd"',
        },
        { total: 3 },
      ),
    ).toEqual({
      id: '1',
      source: '/shop',
      type: 'paid',
      subject: 'Euro € 😀%',
      data: { total: 3 },
      extensions: { order: 'a "b" c/d' },
    });
  });

  it('reads an event without data, and data that is null or no object', () => {
    expect(binary(event).data).toBeUndefined();
    expect(structured(event).data).toBeUndefined();
    expect(structured({ ...event, data: null }).data).toBeNull();
    expect(binary(event, [1]).data).toEqual([1]);
  });

  it('names every attribute that is missing', () => {
    expect(faultsOf(() => structured({}))).toEqual([
      'body/specversion',
      'body/id',
      'body/source',
      'body/type',
    ]);
    // Whatever lies in a body is no event by itself.
    expect(faultsOf(() => binary({}, event))).toEqual([
      'header/ce-specversion',
      'header/ce-id',
      'header/ce-source',
      'header/ce-type',
    ]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['specversion', { specversion: '0.3' }],
    ['id', { id: '' }],
    ['id', { id: 7 }],
    ['source', { source: 'a\u0000b' }],
    ['type', { type: 'a\ud800' }],
    ['type', { type: 'a\uffff' }],
    ['subject', { subject: 'x'.repeat(1_025) }],
    ['time', { time: 'tomorrow' }],
    ['time', { time: '2026-13-99T00:00:00Z' }],
    ['Order', { Order: 'x' }],
    ['my-order', { 'my-order': 'x' }],
    ['order', { order: { a: 1 } }],
    ['order', { order: 1.5 }],
    ['order', { order: 2 ** 31 }],
  ])('refuses what CloudEvents do not allow: %s in %j', (name, more) => {
    expect(faultsOf(() => structured({ ...event, ...more }))).toEqual([
      `body/${name}`,
    ]);
  });

  it.each([
    ['percent signs that encode nothing', { subject: '100%' }],
    ['overlong UTF-8', { subject: '%C0%A0' }],
    ['bytes that are no ASCII', { subject: '\u00e9' }],
    ['control characters', { subject: 'a%0Ab' }],
    ['what Content-Type says', { datacontenttype: 'application/json' }],
    ['data', { data: 'x' }],
  ])('refuses in headers: %s', (_what, more) => {
    expect(faultsOf(() => binary({ ...event, ...more }))).toEqual([
      `header/ce-${Object.keys(more)[0]}`,
    ]);
  });

  it('refuses too many extension attributes, and what is no object', () => {
    const many = Object.fromEntries(
      Array.from({ length: 51 }, (_, index) => [`a${index}`, 'x']),
    );
    expect(faultsOf(() => structured({ ...event, ...many }))).toEqual(['body']);
    expect(faultsOf(() => structured([event]))).toEqual(['body']);
    expect(faultsOf(() => structured(null))).toEqual(['body']);
  });

  it.each([
    { data_base64: 'AAAA' },
    { datacontenttype: 'text/plain' },
    { datacontenttype: ';' },
  ])('takes JSON only: %j', more => {
    expect(() => structured({ ...event, ...more })).toThrow(
      expect.objectContaining({ status: 415 }),
    );
  });

  it('keeps names that mean something to JavaScript as what they are', () => {
    const body = JSON.parse(
      '{"specversion":"1.0","id":"1","source":"/s","type":"t","constructor":"x","__proto__":"y"}',
    );
    expect(faultsOf(() => structured(body))).toEqual(['body/__proto__']);
    expect(
      structured({ ...event, constructor: 'x' }).extensions.constructor,
    ).toBe('x');
  });
});
