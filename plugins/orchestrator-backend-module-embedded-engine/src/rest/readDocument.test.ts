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

import { RestStub } from '../__testUtils__/restStub';
import { Egress } from './Egress';
import { HttpTransport } from './HttpTransport';
import { createDocumentReader } from './readDocument';

let stub: RestStub;
beforeAll(async () => {
  stub = await RestStub.start();
});
afterAll(() => stub.stop());

const reader = (timeoutMs: number = 5_000) =>
  createDocumentReader(
    new HttpTransport(Egress.create([`${stub.url}/docs`])),
    timeoutMs,
  );

describe('createDocumentReader', () => {
  it('reads texts, whatever they are', async () => {
    stub.reset({ 'GET /docs/a.yaml': [{ text: '\uFEFFopenapi: 3.0.3\n' }] });
    expect(await reader()(`${stub.url}/docs/a.yaml?v=1`, 100)).toBe(
      'openapi: 3.0.3\n',
    );
  });

  it.each<[string, () => string, string]>([
    ['another place', () => `${stub.url}/other`, 'egress'],
    [
      'what is too large',
      () => `${stub.url}/docs/big`,
      'larger than 100 bytes',
    ],
    ['what is not there', () => `${stub.url}/docs/none`, 'status 404'],
    ['what is elsewhere', () => `${stub.url}/docs/moved`, 'status 302'],
    ['a file', () => 'file:///etc/passwd', 'must be an http or https address'],
    ['a word', () => 'docs', 'must be an http or https address'],
    [
      'an address with credentials',
      () => stub.url.replace('//', '//ann:hunter2@'),
      'must not hold credentials',
    ],
  ])('refuses %s, without its address', async (_name, url, message) => {
    stub.reset({
      'GET /docs/big': [{ text: 'x'.repeat(200) }],
      'GET /docs/moved': [{ status: 302, headers: { location: '/other' } }],
    });
    const error = await reader()(url(), 100).catch(thrown => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toContain(message);
    expect(error.message).not.toMatch(/127\.0\.0\.1|hunter2|etc/);
    expect(stub.calls.every(({ path }) => path !== '/other')).toBe(true);
  });

  it('gives up after its time', async () => {
    stub.reset({ 'GET /docs/slow': [{ after: new Promise(() => {}) }] });
    await expect(reader(50)(`${stub.url}/docs/slow`, 100)).rejects.toThrow(
      'it was not answered within 50 milliseconds',
    );
  });
});
