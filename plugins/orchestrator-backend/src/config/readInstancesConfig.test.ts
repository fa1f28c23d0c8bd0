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
import { readInstancesConfig } from './readInstancesConfig';

const read = (retention?: unknown) =>
  readInstancesConfig(
    new ConfigReader({
      orchestrator: { instances: { retention: retention as never } },
    }),
  );

describe('readInstancesConfig', () => {
  it('keeps runs for ever unless told otherwise', () => {
    expect(readInstancesConfig(new ConfigReader({}))).toEqual({});
    expect(read()).toEqual({});
  });

  it.each([
    [{ days: 90 }, 90],
    ['24h', 1],
    ['P2D', 2],
  ])('takes %j', (retention, days) => {
    expect(read(retention).retentionMs).toBe(days * 86_400_000);
  });

  it.each([{ hours: 23 }, '0s', { days: -1 }])('refuses %j', retention => {
    expect(() => read(retention)).toThrow(
      'orchestrator.instances.retention must be at least 24 hours',
    );
  });

  it.each(['soon', 90, {}])('refuses what is no duration: %j', retention => {
    expect(() => read(retention)).toThrow('orchestrator.instances.retention');
  });
});
