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

import { RE2JS } from '@bufbuild/re2';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml } from 'yaml';
import {
  formatOrchestratorToken,
  ORCHESTRATOR_TOKEN_PATTERN,
  type OrchestratorTokenKind,
} from './tokenFormat';

const KINDS: OrchestratorTokenKind[] = [
  'service',
  'personal',
  'group',
  'trigger',
  'agent',
];

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const chance = (length: number) =>
  Array.from({ length }, () => DIGITS[randomInt(DIGITS.length)]).join('');

/** Tokens of every kind, as they are minted. */
const tokens = Array.from({ length: 100 }, (_, n) =>
  formatOrchestratorToken({
    kind: KINDS[n % KINDS.length],
    id: chance(12),
    secret: chance(43),
  }),
);

/** Where tokens leak. */
const places: Array<(token: string) => string> = [
  token => token,
  token => `Authorization: Bearer ${token}`,
  token => `ORCHESTRATOR_TOKEN=${token}\nNEXT=1`,
  token => `{"token":"${token}"}`,
  token => `{"log":"sent ${token}\\nand then"}`,
  token => `token: '${token}' # do not commit`,
  token => `https://portal.example.com/?token=${token}&x=1`,
  token => `curl -H "Authorization: Bearer ${token}" https://example.com.`,
];

/** What looks like a token and is none, made of one. */
const nearMisses: Array<(token: string) => string> = [
  token => token.slice(0, -1),
  token => `${token}a`,
  token => token.replace(/^orch_.../, 'orch_xyz'),
  token => token.replace(/^orch_.../, text => text.toUpperCase()),
  token => token.replace('orch_', 'orch-'),
  token => token.replace('orch_', 'arch_'),
  token => `${token.slice(0, 40)}-${token.slice(41)}`,
  token => `${token.slice(0, 40)} ${token.slice(40)}`,
  token => token.slice('orch_'.length),
];

const folder = path.join(__dirname, '../../../docs/secret-scanning');
const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');

interface Rule {
  /** The regular expression, in the syntax of RE2 as the scanners that are written in Go take it. */
  readonly regex: string;
  /** Texts of which one must be there before the expression is tried at all. */
  readonly keywords?: string[];
  /** Shannon's entropy per character, of what is found, below which it is left out. */
  readonly entropy?: number;
}

function readGithub(): Rule {
  const field = (name: string) =>
    new RegExp(`^${name}: (.*)$`, 'm').exec(
      read('github-custom-pattern.txt'),
    )![1];
  return {
    regex: `(?:${field('Before secret')})(?:${field(
      'Secret format',
    )})(?:${field('After secret')})`,
  };
}

function readTrufflehog(): Rule {
  const { detectors } = parseYaml(read('trufflehog.yaml'));
  expect(detectors).toHaveLength(1);
  const [{ keywords, entropy, regex }] = detectors;
  return { keywords, entropy, regex: regex.token };
}

function readGitleaks(): Rule {
  const { rules } = parseToml(read('gitleaks.toml'));
  expect(rules).toHaveLength(1);
  return (rules as unknown as Rule[])[0];
}

function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) {
    counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  return [...counts.values()].reduce((sum, count) => {
    const share = count / text.length;
    return sum - share * Math.log2(share);
  }, 0);
}

const rules: Array<[name: string, rule: () => Rule]> = [
  ['pattern.txt', () => ({ regex: read('pattern.txt').trim() })],
  ['gitleaks.toml', readGitleaks],
  ['trufflehog.yaml', readTrufflehog],
  ['github-custom-pattern.txt', readGithub],
];

describe.each(rules)('the scanner rule in %s', (_name, readRule) => {
  const rule = readRule();
  const expression = new RE2JS(rule.regex);

  it('finds every token wherever it leaks', () => {
    for (const token of tokens) {
      for (const place of places) {
        expect([token, expression.test(place(token))]).toEqual([token, true]);
      }
    }
  });

  it('finds nothing in what only looks like a token', () => {
    for (const token of tokens) {
      for (const [n, nearMiss] of nearMisses.entries()) {
        for (const place of places) {
          expect([n, expression.test(place(nearMiss(token)))]).toEqual([
            n,
            false,
          ]);
        }
      }
    }
  });

  it('speaks of the same text as the package', () => {
    expect(rule.regex).toContain(ORCHESTRATOR_TOKEN_PATTERN);
  });
});

describe.each([
  ['gitleaks.toml', readGitleaks],
  ['trufflehog.yaml', readTrufflehog],
])('the filters in %s', (_name, readRule) => {
  const { keywords, entropy } = readRule();

  it('let every token through', () => {
    for (const token of tokens) {
      expect(keywords!.some(keyword => token.includes(keyword))).toBe(true);
      expect(entropyOf(token)).toBeGreaterThan(entropy!);
    }
  });

  it('keep placeholders out', () => {
    for (const character of ['0', 'x', 'X', 'a1']) {
      const placeholder = `orch_svc_${character.repeat(61).slice(0, 61)}`;
      expect(entropyOf(placeholder)).toBeLessThan(entropy!);
    }
  });
});

it('finds the token alone, and nothing around it', () => {
  const expression = new RegExp(read('pattern.txt').trim(), 'g');
  for (const place of places) {
    const text = `${place(tokens[0])} ${place(tokens[1])}`;
    expect(text.match(expression)).toEqual([tokens[0], tokens[1]]);
  }
});
