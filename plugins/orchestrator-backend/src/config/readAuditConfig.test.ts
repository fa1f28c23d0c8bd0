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
import type { JsonValue } from '@backstage/types';
import { readAuditConfig } from './readAuditConfig';
import { findUnknownKeys } from './unknownKeys';

const DAY = 86_400_000;

function read(retention?: JsonValue) {
  const audit = retention === undefined ? {} : { retention };
  return readAuditConfig(new ConfigReader({ orchestrator: { audit } }));
}

describe('readAuditConfig', () => {
  it('keeps the log for a year where nothing is said', () => {
    expect(readAuditConfig(new ConfigReader({}))).toEqual({
      retentionMs: 365 * DAY,
    });
    expect(read()).toEqual({ retentionMs: 365 * DAY });
  });

  it('reads a duration in each of its forms', () => {
    expect(read({ days: 30 })).toEqual({ retentionMs: 30 * DAY });
    expect(read('P30D')).toEqual({ retentionMs: 30 * DAY });
    expect(read('1d')).toEqual({ retentionMs: DAY });
  });

  it.each([[{ hours: 23 }], [{ days: -1 }], [0], ['soon'], [{ weekz: 2 }]])(
    'refuses %j',
    retention => {
      expect(() => read(retention)).toThrow('orchestrator.audit.retention');
    },
  );

  it('knows its key and no other', () => {
    const audit = { retention: { days: 30 }, retain: { days: 30 } };
    expect(
      findUnknownKeys(new ConfigReader({ orchestrator: { audit } })),
    ).toEqual(['orchestrator.audit.retain']);
  });
});
