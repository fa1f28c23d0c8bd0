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

import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import {
  formatOrchestratorToken,
  hintOfOrchestratorToken,
  ORCHESTRATOR_TOKEN_PATTERN,
  type OrchestratorTokenKind,
  parseOrchestratorToken,
} from './tokenFormat';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const base62 = (length: number) =>
  fc
    .array(fc.constantFrom(...DIGITS), { minLength: length, maxLength: length })
    .map(characters => characters.join(''));

const parts = fc.record({
  kind: fc.constantFrom<OrchestratorTokenKind>(
    'service',
    'personal',
    'group',
    'trigger',
    'agent',
  ),
  id: base62(12),
  secret: base62(43),
});

describe('the format of managed tokens', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(parts, token => {
        const text = formatOrchestratorToken(token);
        expect(parseOrchestratorToken(text)).toEqual(token);
        expect(text).toMatch(new RegExp(`^${ORCHESTRATOR_TOKEN_PATTERN}$`));
      }),
    );
  });

  it('ends with the CRC-32 of zlib in base62', () => {
    fc.assert(
      fc.property(parts, token => {
        const text = formatOrchestratorToken(token);
        const number = [...text.slice(-6)].reduce(
          (sum, digit) => sum * 62 + DIGITS.indexOf(digit),
          0,
        );
        expect(number).toBe(crc32(text.slice(0, -6)));
      }),
    );
  });

  it('refuses every edit of one character', () => {
    fc.assert(
      fc.property(
        parts,
        fc.nat({ max: 69 }),
        fc.integer({ min: 0x20, max: 0x7e }),
        (token, position, code) => {
          const text = formatOrchestratorToken(token);
          const at = position % text.length;
          const other = String.fromCharCode(code);
          fc.pre(text[at] !== other);
          const edited = text.slice(0, at) + other + text.slice(at + 1);
          expect(parseOrchestratorToken(edited)).toBeUndefined();
          expect(
            parseOrchestratorToken(text.slice(0, at) + text.slice(at + 1)),
          ).toBeUndefined();
          expect(
            parseOrchestratorToken(text.slice(0, at) + other + text.slice(at)),
          ).toBeUndefined();
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each(['', 'orch_', 'garbage', `orch_svc_${'0'.repeat(61)}`])(
    'refuses %j',
    text => {
      expect(parseOrchestratorToken(text)).toBeUndefined();
    },
  );

  it('writes nothing that it would not read', () => {
    const good = {
      kind: 'service',
      id: 'a'.repeat(12),
      secret: 'b'.repeat(43),
    };
    for (const bad of [
      { id: 'a'.repeat(11), secret: 'b'.repeat(44) },
      { id: 'a'.repeat(12), secret: `${'b'.repeat(42)}-` },
      { id: '', secret: '' },
    ]) {
      expect(() =>
        formatOrchestratorToken({ ...good, ...bad } as never),
      ).toThrow(TypeError);
    }
  });

  it('hints at a token by its kind and its last characters', () => {
    const text = formatOrchestratorToken({
      kind: 'personal',
      id: 'a'.repeat(12),
      secret: 'b'.repeat(43),
    });
    expect(hintOfOrchestratorToken(text)).toBe(`orch_pat_…${text.slice(-4)}`);
  });
});
