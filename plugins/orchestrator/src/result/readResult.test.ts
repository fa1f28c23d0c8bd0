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

import { readResult } from './readResult';

describe('readResult', () => {
  it('reads the message and the outputs', () => {
    expect(
      readResult({
        result: {
          message: 'Done',
          outputs: [
            { key: 'Count', value: 3, format: 'number' },
            { key: 'Docs', value: 'https://example.com/a', format: 'link' },
            { key: 'Text', value: 'https://example.com/b', format: 'text' },
          ],
        },
      }),
    ).toEqual({
      message: 'Done',
      outputs: [
        { key: 'Count', value: '3', link: undefined },
        {
          key: 'Docs',
          value: 'https://example.com/a',
          link: 'https://example.com/a',
        },
        { key: 'Text', value: 'https://example.com/b', link: undefined },
      ],
    });
  });

  // eslint-disable-next-line no-script-url -- it must not become a link
  it.each(['javascript:alert(1)', 'data:text/html,x', '//example.com', 5])(
    'makes no link of %p',
    value => {
      const result = readResult({
        result: { outputs: [{ key: 'x', value, format: 'link' }] },
      });
      expect(result?.outputs).toEqual([
        { key: 'x', value: String(value), link: undefined },
      ]);
    },
  );

  it.each([
    undefined,
    null,
    4,
    'text',
    [],
    {},
    { result: 'done' },
    { result: {} },
    { result: { message: 3, outputs: 'x' } },
    { result: { outputs: [null, 'x', { value: 1 }] } },
  ])('finds nothing in %p', data => {
    expect(readResult(data)).toBeUndefined();
  });
});
