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

import { ConfigReader } from '@backstage/config';
import type { JsonObject } from '@backstage/types';
import {
  findSharedJwksPrefixes,
  refuseSharedIdentities,
} from './externalAccess';

const check = (...externalAccess: JsonObject[]) =>
  refuseSharedIdentities(
    new ConfigReader({ backend: { auth: { externalAccess } } }),
    'orchestrator',
  );
const fixed = (subject: string, plugin?: string): JsonObject => ({
  type: 'static',
  options: { token: 'token-token', subject },
  ...(plugin ? { accessRestrictions: [{ plugin }] } : {}),
});
const legacy = (subject: string): JsonObject => ({
  type: 'legacy',
  options: { secret: 'c2VjcmV0', subject },
});
const jwks: JsonObject = {
  type: 'jwks',
  options: { url: 'https://idp.example.com/jwks' },
};

describe('refuseSharedIdentities', () => {
  it('refuses a subject that reads as a plugin or a user', () => {
    expect(() =>
      check(fixed('plugin:nightly'), fixed('User:default/alice')),
    ).toThrow(
      /externalAccess\[0\]: the subject "plugin:nightly" reads.*externalAccess\[1\]/,
    );
  });

  it('looks only at entries that reach the plugin', () => {
    check(fixed('plugin:nightly', 'catalog'));
    expect(() => check(fixed('plugin:nightly', 'orchestrator'))).toThrow(
      'reads as a plugin',
    );
  });

  it('accepts one subject for several tokens of one type, which rotation needs', () => {
    expect(() => check(fixed('ci'), fixed('ci'))).not.toThrow();
  });

  it('refuses one subject across types, and one that a jwks entry could give', () => {
    expect(() => check(fixed('ci'), legacy('ci'))).toThrow(
      'types static and legacy',
    );
    expect(() => check(fixed('external:ci'), jwks)).toThrow(
      'could be that of a token of a jwks',
    );
    expect(() => check(legacy('external:ci'), jwks)).toThrow(
      'could be that of a token of a jwks',
    );
    expect(() => check(fixed('external:ci'))).not.toThrow();
  });

  it('finds jwks entries whose subjects nothing tells apart', () => {
    const find = (...externalAccess: JsonObject[]) =>
      findSharedJwksPrefixes(
        new ConfigReader({ backend: { auth: { externalAccess } } }),
        'orchestrator',
      );
    const prefixed = (subjectPrefix: string): JsonObject => ({
      type: 'jwks',
      options: { url: 'https://other.example.com/jwks', subjectPrefix },
    });
    expect(find(jwks, prefixed('a'), prefixed('b'))).toEqual([]);
    expect(find(jwks, jwks, prefixed('a'), prefixed('a'))).toEqual(['', 'a']);
  });
});
