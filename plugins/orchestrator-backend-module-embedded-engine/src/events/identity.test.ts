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
import { anEvent } from './__testUtils__/testEvents';
import { messageKey, startedRunId } from './identity';

describe('identity of events', () => {
  it('is made of source and id, and of nothing else', () => {
    const event = anEvent({ type: 'other', data: 5 });
    expect(messageKey(event, 'outside')).toBe(messageKey(anEvent(), 'outside'));
    expect(messageKey(event, 'outside')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('does not confuse where one ends and the other begins', () => {
    const keys = [
      anEvent({ source: 'a', id: 'bc' }),
      anEvent({ source: 'ab', id: 'c' }),
      anEvent({ source: 'a","b', id: 'c' }),
      anEvent({ source: 'a', id: 'b","c' }),
    ].map(event => messageKey(event, 'outside'));
    expect(new Set(keys).size).toBe(4);
  });

  it('gives each definition a run of its own, the same each time', () => {
    const id = startedRunId(anEvent(), 'a', 'outside');
    expect(startedRunId(anEvent({ data: 1 }), 'a', 'outside')).toBe(id);
    expect(startedRunId(anEvent(), 'b', 'outside')).not.toBe(id);
    expect(id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it('takes nothing from outside for what a run has produced', () => {
    expect(messageKey(anEvent(), 'run')).not.toBe(
      messageKey(anEvent(), 'outside'),
    );
    expect(startedRunId(anEvent(), 'a', 'run')).not.toBe(
      startedRunId(anEvent(), 'a', 'outside'),
    );
  });
});
