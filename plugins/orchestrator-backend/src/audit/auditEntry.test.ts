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

import type { Principal } from '../gate/Principal';
import { auditEntryOf } from './auditEntry';

const ORIGIN = { method: 'GET', path: '/', address: '192.0.2.1' };
const DONE = { event: 'token.revoked', outcome: 'succeeded' } as const;

function withToken(tokenId: string): Principal {
  return { type: 'token', ref: `token:${tokenId}`, tokenId };
}

describe('auditEntryOf', () => {
  it('names who did it, from where', () => {
    const principal: Principal = { type: 'user', ref: 'user:default/alice' };
    expect(auditEntryOf(DONE, { principal, origin: ORIGIN })).toEqual({
      ...DONE,
      actor: 'user:default/alice',
      address: '192.0.2.1',
    });
  });

  it('names the plugin, and on whose behalf it called', () => {
    const principal: Principal = {
      type: 'user',
      ref: 'user:default/alice',
      actor: 'plugin:scaffolder',
    };
    expect(auditEntryOf(DONE, { principal })).toEqual({
      ...DONE,
      actor: 'plugin:scaffolder',
      onBehalfOf: 'user:default/alice',
    });
  });

  it('names the token that was used, also beside the one that it is about', () => {
    const principal = withToken('used');
    expect(auditEntryOf(DONE, { principal })).toEqual({
      ...DONE,
      actor: 'token:used',
      tokenId: 'used',
    });
    const itself = { ...DONE, tokenId: 'used', meta: { reason: 'leaked' } };
    expect(auditEntryOf(itself, { principal })).toEqual({
      ...itself,
      actor: 'token:used',
    });
    const other = { ...DONE, tokenId: 'other', meta: { reason: 'leaked' } };
    expect(auditEntryOf(other, { principal })).toEqual({
      ...other,
      actor: 'token:used',
      meta: { reason: 'leaked', usedTokenId: 'used' },
    });
  });

  it('leaves out what nobody knows', () => {
    expect(auditEntryOf(DONE, {})).toEqual(DONE);
  });
});
