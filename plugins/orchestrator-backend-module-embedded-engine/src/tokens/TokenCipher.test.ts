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

import { TokenCipher } from './TokenCipher';

const KEY = 'a key of sixteen characters';
const TOKEN = 'ghp_hunter2-and-more+/=';

describe('TokenCipher', () => {
  const purpose = { runId: 'r', provider: 'github' };

  it('reads what it has written, for the same purpose only', () => {
    const cipher = new TokenCipher(KEY);
    const sealed = cipher.encrypt(TOKEN, purpose);
    expect(sealed).toMatch(/^v1\.[\w-]{16}\.[\w-]+$/);
    expect(cipher.decrypt(sealed, purpose)).toBe(TOKEN);
    expect(new TokenCipher(KEY).decrypt(sealed, purpose)).toBe(TOKEN);
    expect(cipher.encrypt(TOKEN, purpose)).not.toBe(sealed);
    expect(cipher.decrypt(sealed, { ...purpose, runId: 's' })).toBeUndefined();
    expect(
      cipher.decrypt(sealed, { ...purpose, provider: 'gitlab' }),
    ).toBeUndefined();
    expect(new TokenCipher(`${KEY}!`).decrypt(sealed, purpose)).toBeUndefined();
  });

  it('reads nothing that was changed, and nothing that is none of its own', () => {
    const cipher = new TokenCipher(KEY);
    const sealed = cipher.encrypt('', purpose);
    expect(cipher.decrypt(sealed, purpose)).toBe('');
    const [version, iv, body] = sealed.split('.');
    const other = (text: string) =>
      (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    for (const text of [
      '',
      'memory',
      'v1',
      'v1..',
      `v2.${iv}.${body}`,
      `${version}.${other(iv)}.${body}`,
      `${version}.${iv}.${other(body)}`,
      `${version}.${iv}.${body.slice(0, -4)}`,
      `${version}.${iv.slice(4)}.${body}`,
      `${sealed}.`,
    ]) {
      expect(cipher.decrypt(text, purpose)).toBeUndefined();
    }
  });
});
