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

import { formatOrchestratorToken } from '@flowgate/backstage-plugin-orchestrator-common';
import { readAuditMeta, writeAuditMeta } from './auditMeta';

describe('what a row of the audit log notes', () => {
  it('is as it was given where it is short', () => {
    const meta = { kind: 'personal', scopes: ['workflows:read'], count: 2 };
    expect(readAuditMeta(writeAuditMeta(meta))).toEqual(meta);
    expect(writeAuditMeta({})).toBeNull();
    expect(writeAuditMeta(undefined)).toBeNull();
  });

  it.each([
    ['long texts', 'x'.repeat(100_000)],
    // Each of them is six characters of JSON.
    ['texts that JSON escapes', '\ud800'.repeat(5_000)],
    ['long lists', Array(5_000).fill('workflows:read')],
    ['long lists of long texts', Array(200).fill('x'.repeat(300))],
    ['what is nested', { owner: 'x'.repeat(10_000), list: [['x']] }],
  ])('says the rest beside %s', (_, much) => {
    const text = writeAuditMeta({ kind: 'service', much, owner: undefined });
    expect(text!.length).toBeLessThanOrEqual(4_000);
    expect(readAuditMeta(text)).toEqual({
      kind: 'service',
      much: expect.anything(),
      isShortened: true,
    });
  });

  it('says the beginning of what is long', () => {
    const meta = {
      reason: 'lost it '.repeat(1_000),
      scopes: Array(200).fill('a'),
    };
    expect(readAuditMeta(writeAuditMeta(meta))).toEqual({
      reason: expect.stringMatching(/^lost it lost it .*…$/),
      scopes: [...Array(50).fill('a'), '…'],
      isShortened: true,
    });
  });

  it('has no token that somebody put there', () => {
    const token = formatOrchestratorToken({
      kind: 'personal',
      id: 'a'.repeat(12),
      secret: 'b'.repeat(43),
    });
    const short = { owner: `for ${token}!`, [token]: [token] };
    const long = { ...short, reason: 'x'.repeat(10_000) };
    for (const meta of [short, long]) {
      const text = writeAuditMeta(meta)!;
      expect(text).not.toContain('b'.repeat(20));
      expect(readAuditMeta(text)).toMatchObject({
        owner: `for orch_pat_…${token.slice(-4)}!`,
      });
    }
  });

  it('is bounded whatever there is', () => {
    const meta = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, index) => [`key ${index}`, 'x']),
    );
    expect(writeAuditMeta(meta)).toBe('{"isTooLong":true}');
  });
});
