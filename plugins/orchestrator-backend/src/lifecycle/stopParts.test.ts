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

import { mockServices } from '@backstage/backend-test-utils';
import { stopParts } from './stopParts';

function create() {
  const logger = mockServices.logger.mock();
  const ended: string[] = [];
  const part = (name: string) => ({
    stop: async () => {
      ended.push(name);
    },
  });
  const warnings = () => logger.warn.mock.calls.map(([message]) => message);
  return { logger, ended, part, warnings };
}

describe('stopParts', () => {
  it('stops every part', async () => {
    const { logger, ended, part, warnings } = create();
    await stopParts({ one: part('one'), other: part('other') }, { logger });
    expect(ended).toEqual(['one', 'other']);
    expect(warnings()).toEqual([]);
  });

  it.each([
    ['fails', async () => Promise.reject(new TypeError('db.internal:5432'))],
    [
      'throws',
      () => {
        throw new TypeError('db.internal:5432');
      },
    ],
  ])('lets no part that %s keep others from ending', async (_, stop) => {
    const { logger, ended, part, warnings } = create();
    await stopParts({ 'bad part': { stop }, other: part('other') }, { logger });
    expect(ended).toEqual(['other']);
    expect(warnings()).toEqual([
      'The bad part did not end as it should: TypeError',
    ]);
  });

  it('waits for a part, and no longer than is said', async () => {
    const { logger, warnings } = create();
    let end = () => {};
    const slow = {
      stop: () =>
        new Promise<void>(resolve => {
          end = resolve;
        }),
    };
    let isDone = false;
    const patient = stopParts({ 'slow part': slow }, { logger }).then(() => {
      isDone = true;
    });
    await new Promise(resolve => {
      setImmediate(resolve);
    });
    expect(isDone).toBe(false);
    end();
    await patient;
    expect(warnings()).toEqual([]);
    await stopParts({ 'slow part': slow }, { logger, milliseconds: 1 });
    expect(warnings()).toEqual([
      'The slow part did not end as it should: StopTimeoutError',
    ]);
  });
});
