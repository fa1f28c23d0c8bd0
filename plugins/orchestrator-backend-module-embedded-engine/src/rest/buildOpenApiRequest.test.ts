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

import type { JsonValue } from '@backstage/types';
import fc from 'fast-check';
import type { OpenApiOperation } from '../language/Definition';
import { buildOpenApiRequest } from './buildOpenApiRequest';
import { RequestError } from './requestParts';

const operation = (more: Partial<OpenApiOperation>): OpenApiOperation => ({
  operationId: 'op',
  method: 'GET',
  url: 'http://h.test/v1/things',
  parameters: [],
  ...more,
});

type Parameter = OpenApiOperation['parameters'][number];

const parameter = (
  place: Parameter['in'],
  more: Partial<Parameter> = {},
): Parameter => ({ name: 'p', in: place, required: false, ...more });

const json = { mediaType: 'application/json', required: false };

describe('buildOpenApiRequest', () => {
  it('puts arguments where parameters belong, and the others into the body', () => {
    const { body, headers, method, url } = buildOpenApiRequest(
      operation({
        method: 'PUT',
        url: 'http://h.test/v1/things/{id}?fixed=1',
        parameters: [
          { name: 'id', in: 'path', required: true },
          { name: 'q', in: 'query', required: false },
          { name: 'X-Trace', in: 'header', required: false },
          { name: 'session', in: 'cookie', required: false },
          { name: 'absent', in: 'query', required: false },
          { name: 'nothing', in: 'query', required: false },
        ],
        body: json,
      }),
      {
        id: 'a b/c',
        q: 'x&y=z',
        'X-Trace': 't1',
        session: 'a;b',
        nothing: null,
        name: 'n',
        tags: [1, { a: null }],
      },
    );
    expect(method).toBe('PUT');
    expect(url.href).toBe(
      'http://h.test/v1/things/a%20b/c?fixed=1&q=x%26y%3Dz',
    );
    expect(Object.fromEntries(headers)).toEqual({
      accept: 'application/json',
      'content-type': 'application/json',
      'x-trace': 't1',
      cookie: 'session=a%3Bb',
    });
    expect(body).toBe('{"name":"n","tags":[1,{"a":null}]}');
  });

  it('leaves out what the schema of the body does not name', () => {
    const { body } = buildOpenApiRequest(
      operation({ method: 'PUT', body: { ...json, properties: ['name'] } }),
      { name: 'n', extra: 1, ['__proto__']: 2 },
    );
    expect(body).toBe('{"name":"n"}');
  });

  it.each<[string, OpenApiOperation['body'], JsonValue | undefined, string?]>([
    ['no body where there is none', undefined, { a: 1 }, undefined],
    ['none without arguments', json, undefined, undefined],
    ['an empty one that is required', { ...json, required: true }, {}, '{}'],
    ['whole arguments', json, [1, 2], '[1,2]'],
    ['whole arguments that are text', json, 'a', '"a"'],
    ['any type as JSON', { ...json, mediaType: '*/*' }, { a: 1 }, '{"a":1}'],
    [
      'a form',
      { ...json, mediaType: 'application/x-www-form-urlencoded' },
      { a: 'x y', b: [1, 2], c: { d: 1 } },
      'a=x%20y&b=1&b=2&d=1',
    ],
  ])('sends %s', (_name, body, args, sent) => {
    const request = buildOpenApiRequest(
      operation({ method: 'POST', body }),
      args,
    );
    expect(request.body).toBe(sent);
    expect(request.headers.get('content-type')).toBe(
      sent?.includes('&')
        ? 'application/x-www-form-urlencoded'
        : 'application/json',
    );
  });

  it('sends the media type that the document names', () => {
    const { headers } = buildOpenApiRequest(
      operation({
        method: 'PATCH',
        body: { mediaType: 'application/merge-patch+json', required: true },
      }),
      { a: 1 },
    );
    expect(headers.get('content-type')).toBe('application/merge-patch+json');
  });

  const list = ['a b', 1, null];
  const object = { a: 'x,y', b: { c: 1 } };

  it.each<[Partial<Parameter>, JsonValue, string]>([
    [{}, 'x', 'p=x'],
    [{}, true, 'p=true'],
    [{}, list, 'p=a%20b&p=1&p='],
    [{ explode: false }, list, 'p=a%20b,1,'],
    [{}, object, 'a=x%2Cy&b=%7B%22c%22%3A1%7D'],
    [{ explode: false }, object, 'p=a,x%2Cy,b,%7B%22c%22%3A1%7D'],
    [{ style: 'spaceDelimited' }, [1, 2], 'p=1%202'],
    [{ style: 'pipeDelimited' }, [1, 2], 'p=1%7C2'],
    [
      { style: 'deepObject', explode: true },
      { a: 1, b: 'x' },
      'p%5Ba%5D=1&p%5Bb%5D=x',
    ],
    [{ name: 'a&b' }, 'x', 'a%26b=x'],
  ])('writes a parameter of a query: %p of %p', (more, value, query) => {
    const shown = parameter('query', more);
    const { url } = buildOpenApiRequest(operation({ parameters: [shown] }), {
      [shown.name]: value,
    });
    expect(url.search).toBe(`?${query}`);
  });

  it.each<[Partial<Parameter>, JsonValue, string]>([
    [{}, 'x y', 'x%20y'],
    [{}, [1, 'b'], '1,b'],
    [{}, { a: 1, b: 2 }, 'a,1,b,2'],
    [{ explode: true }, { a: 1, b: 2 }, 'a=1,b=2'],
    [{ style: 'label' }, 'x', '.x'],
    [{ style: 'label', explode: true }, [1, 2], '.1.2'],
    [{ style: 'label', explode: true }, { a: 1 }, '.a=1'],
    [{ style: 'matrix' }, 'x', ';p=x'],
    [{ style: 'matrix' }, [1, 2], ';p=1,2'],
    [{ style: 'matrix', explode: true }, [1, 2], ';p=1;p=2'],
    [{ style: 'matrix', explode: true }, { a: 1, b: 2 }, ';a=1;b=2'],
  ])('writes a parameter of a path: %p of %p', (more, value, segment) => {
    const { url } = buildOpenApiRequest(
      operation({
        url: 'http://h.test/x/{p}/y',
        parameters: [parameter('path', { required: true, ...more })],
      }),
      { p: value },
    );
    expect(url.pathname).toBe(`/x/${segment}/y`);
  });

  it('writes lists in headers and cookies', () => {
    const { headers } = buildOpenApiRequest(
      operation({
        parameters: [
          parameter('header', { name: 'X-List' }),
          parameter('cookie', { name: 'c', explode: false }),
          parameter('cookie', { name: 'd' }),
        ],
      }),
      { 'X-List': [1, 'a b'], c: [1, 2], d: 'x' },
    );
    expect(headers.get('x-list')).toBe('1,a b');
    expect(headers.get('cookie')).toBe('c=1,2; d=x');
  });

  it.each<[string, OpenApiOperation, JsonValue | undefined, string]>([
    [
      'a missing part of the path',
      operation({ url: 'http://h.test/{id}' }),
      {},
      'it has no argument "id", which its operation requires',
    ],
    [
      'a missing parameter',
      operation({ parameters: [parameter('query', { required: true })] }),
      undefined,
      'it has no argument "p", which its operation requires',
    ],
    [
      'a required parameter that is null',
      operation({ parameters: [parameter('header', { required: true })] }),
      { p: null },
      'it has no argument "p"',
    ],
    [
      'a header of the connection',
      operation({ parameters: [parameter('header', { name: 'Host' })] }),
      { Host: 'evil.test' },
      'it must not set the header host',
    ],
    [
      'a header with a line break',
      operation({ parameters: [parameter('header', { name: 'X-A' })] }),
      { 'X-A': 'hunter2\r\nX-B: 1' },
      'its argument "X-A" is not a valid header',
    ],
    [
      'arguments that are no object',
      operation({ parameters: [parameter('query')], body: json }),
      [1],
      'its arguments must be an object',
    ],
  ])('refuses %s', (_name, given, args, message) => {
    const build = () => buildOpenApiRequest(given, args);
    expect(build).toThrow(message);
    expect(build).not.toThrow('hunter2');
  });

  it.each([
    '',
    [],
    {},
    '.',
    '..',
    '../x',
    'x/../y',
    '/x',
    'x/',
    'x//y',
    ['..'],
    ['a/..'],
  ])('refuses %p in a path', value => {
    const build = (url: string) =>
      buildOpenApiRequest(operation({ url, parameters: [parameter('path')] }), {
        p: value,
      });
    expect(() => build('http://h.test/v1/{p}')).toThrow(
      'its argument "p" cannot stand in an address',
    );
  });

  it.each(['%2e%2e', '..%2F', '%2E%2E/x', '..\\x', 'x?y', 'x#y', '\ud800'])(
    'takes %p in a path for what it says',
    value => {
      const { url } = buildOpenApiRequest(
        operation({
          url: 'http://h.test/v1/{p}/end',
          parameters: [parameter('path')],
        }),
        { p: value },
      );
      expect(url.pathname).toMatch(/^\/v1\/.+\/end$/);
      expect(url.search + url.hash).toBe('');
    },
  );

  it('never leaves the path that the document names', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[./\\%2eEfF;?#a:@]{0,12}$/),
    );
    fc.assert(
      fc.property(
        fc.oneof(part, fc.array(part), fc.dictionary(part, part)),
        fc.constantFrom('simple', 'label', 'matrix'),
        fc.boolean(),
        (value, style, explode) => {
          const given = parameter('path', { style, explode });
          let place;
          try {
            const { url } = buildOpenApiRequest(
              operation({
                url: 'http://h.test/v1/{p}/end',
                parameters: [given],
              }),
              { p: value },
            );
            place = url.href;
          } catch (error) {
            place = error instanceof RequestError ? 'refused' : error;
          }
          expect(place).toMatch(
            /^(?:refused|http:\/\/h\.test\/v1\/[^?#]+\/end)$/,
          );
        },
      ),
      { numRuns: 500 },
    );
  });
});
