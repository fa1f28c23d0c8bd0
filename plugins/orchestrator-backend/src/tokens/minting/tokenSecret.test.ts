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

import { parseOrchestratorToken } from '@flowgate/backstage-plugin-orchestrator-common';
import { createHash } from 'node:crypto';
import { hashOfToken, newSecret, newTokenId } from './tokenSecret';

describe('new secrets of tokens', () => {
  it('are tokens of their kind and id', () => {
    const id = newTokenId();
    const { text, hash, hint } = newSecret('group', id);
    expect(parseOrchestratorToken(text)).toMatchObject({ kind: 'group', id });
    expect(hash).toBe(createHash('sha256').update(text, 'ascii').digest('hex'));
    expect(hashOfToken(text)).toBe(hash);
    expect(hint).toBe(`orch_grp_…${text.slice(-4)}`);
  });

  it('are never the same', () => {
    const ids = Array.from({ length: 2_000 }, newTokenId);
    expect(new Set(ids).size).toBe(2_000);
    const texts = ids.map(() => newSecret('service', ids[0]).text);
    expect(new Set(texts).size).toBe(2_000);
  });

  it('use all characters alike', () => {
    const counts = new Map<string, number>();
    const secrets = 4_000;
    for (let index = 0; index < secrets; index += 1) {
      const { secret } = parseOrchestratorToken(
        newSecret('service', 'aaaaaaaaaaaa').text,
      )!;
      for (const character of secret) {
        counts.set(character, (counts.get(character) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(62);
    const expected = (secrets * 43) / 62;
    const chiSquare = [...counts.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    // 61 degrees of freedom: chance gives more than this less than once in 10^12 runs. Bytes modulo 62 would give about 1,100.
    expect(chiSquare).toBeLessThan(200);
  });
});
