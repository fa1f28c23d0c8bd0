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

import { MemoryTokens } from './MemoryTokens';

describe('MemoryTokens', () => {
  it('keeps the newest runs', () => {
    const tokens = new MemoryTokens(2);
    tokens.set('a', 'p', '1');
    tokens.set('b', 'p', '2');
    tokens.set('a', 'q', '3');
    tokens.set('c', 'p', '4');
    expect(['a', 'b', 'c'].map(run => tokens.get(run, 'p'))).toEqual([
      '1',
      undefined,
      '4',
    ]);
    expect(tokens.get('a', 'q')).toBe('3');
    tokens.delete(['a', 'x']);
    expect(tokens.get('a', 'p')).toBeUndefined();
  });
});
