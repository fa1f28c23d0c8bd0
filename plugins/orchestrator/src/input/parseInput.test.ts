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

import { parseInput } from './parseInput';

describe('parseInput', () => {
  it('takes an object, and nothing as an empty one', () => {
    expect(parseInput('{"city": "Oslo"}')).toEqual({ input: { city: 'Oslo' } });
    expect(parseInput(' \n')).toEqual({ input: {} });
  });

  it('says what is wrong', () => {
    expect(parseInput('{"city": }')).toEqual({
      fault: expect.stringMatching(/^This is not valid JSON: ./),
    });
    for (const text of ['[1]', '"x"', '1', 'null', 'true']) {
      expect(parseInput(text)).toEqual({
        fault: 'The input has to be a JSON object, in curly brackets.',
      });
    }
  });
});
