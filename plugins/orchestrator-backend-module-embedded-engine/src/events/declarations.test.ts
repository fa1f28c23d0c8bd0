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
import type { JsonObject } from '@backstage/types';
import { testEvaluator } from '../__testUtils__/compile';
import { anEvent, TestRegistry, waiter } from './__testUtils__/testEvents';
import { correlationOf, correlationRows, tokensOf } from './correlation';
import { eventsOfRuns, isMeant, startingEvents } from './declarations';

const evaluator = testEvaluator();
const registry = new TestRegistry(evaluator);
afterAll(() => evaluator.stop());

const names = (events: readonly { name: string }[]) =>
  events.map(({ name }) => name).sort();

describe('events of a definition', () => {
  it('starts by the event of its first state, which its runs do not wait for again', async () => {
    const definition = await registry.add(waiter('a', { starts: 'ordered' }));
    expect(names(startingEvents(definition))).toEqual(['begun']);
    expect(names(eventsOfRuns(definition))).toEqual(['waited']);
  });

  it('starts by no event where the first state waits for none', async () => {
    const definition = await registry.add(waiter('a'));
    expect(startingEvents(definition)).toEqual([]);
    expect(names(eventsOfRuns(definition))).toEqual(['waited']);
  });

  it('waits for the event of its first state again where a state leads back', async () => {
    const document = waiter('a', { starts: 'ordered' });
    const [begin, wait] = document.states as JsonObject[];
    const { end: _end, ...rest } = wait;
    const definition = await registry.add({
      ...document,
      states: [
        begin,
        { ...rest, transition: 'Decide' },
        {
          name: 'Decide',
          type: 'switch',
          dataConditions: [{ condition: '.again', transition: 'Begin' }],
          defaultCondition: { end: true },
        },
      ],
    });
    expect(names(eventsOfRuns(definition))).toEqual(['begun', 'waited']);
  });

  it('waits for the others where the first state needs several events', async () => {
    const document = waiter('a', { starts: 'ordered' });
    const [begin, wait] = document.states as JsonObject[];
    const definition = await registry.add({
      ...document,
      states: [
        {
          ...begin,
          exclusive: false,
          onEvents: [{ eventRefs: ['begun'] }, { eventRefs: ['waited'] }],
        },
        wait,
      ],
    });
    expect(names(startingEvents(definition))).toEqual(['begun', 'waited']);
    expect(names(eventsOfRuns(definition))).toEqual(['begun', 'waited']);
  });

  it('means events of its type, its source and its fixed values', async () => {
    const { events } = await registry.add(
      waiter('a', {
        waits: {
          source: '/shop',
          correlation: [
            { contextAttributeName: 'region', contextAttributeValue: 'eu' },
          ],
        },
      }),
    );
    const declared = events.get('waited')!;
    const event = anEvent({ source: '/shop', extensions: { region: 'eu' } });
    expect(isMeant(declared, event)).toBe(true);
    expect(isMeant(declared, { ...event, type: 'other' })).toBe(false);
    expect(isMeant(declared, { ...event, source: '/other' })).toBe(false);
    expect(isMeant(declared, { ...event, extensions: {} })).toBe(false);
    expect(isMeant(declared, { ...event, extensions: { region: 'us' } })).toBe(
      false,
    );
  });
});

describe('correlation of a run', () => {
  const two = (more: JsonObject[] = []) => ({
    correlation: [
      { contextAttributeName: 'orderid' },
      { contextAttributeName: 'tenant' },
      ...more,
    ],
  });

  it('is what the event that starts it shares with those it waits for', async () => {
    const definition = await registry.add(
      waiter('a', { starts: 'ordered', waits: two() }),
    );
    const event = anEvent({
      type: 'ordered',
      extensions: { orderid: '5', tenant: 'x', other: 'y' },
    });
    expect(correlationOf(definition, event)).toEqual({
      orderid: '5',
      tenant: 'x',
    });
    expect(correlationOf(definition, anEvent())).toBeUndefined();
  });

  it('is found only by events with all of it', async () => {
    const definition = await registry.add(
      waiter('a', { starts: 'ordered', waits: two() }),
    );
    const rows = correlationRows(definition, 'r', {
      orderid: '5',
      tenant: 'x',
    });
    expect(rows.map(({ needed }) => needed)).toEqual([2, 2]);
    const found = (extensions: { [name: string]: string }, type = 'paid') => {
      const tokens = tokensOf(anEvent({ type, extensions }));
      return rows.filter(({ token }) => tokens.includes(token)).length;
    };
    expect(found({ orderid: '5', tenant: 'x', more: 'z' })).toBe(2);
    expect(found({ orderid: '5', tenant: 'y' })).toBe(1);
    expect(found({ orderid: 'x', tenant: '5' })).toBe(0);
    expect(found({ orderid: '5', tenant: 'x' }, 'other')).toBe(0);
  });

  it('is none where the event that started it lacked an attribute', async () => {
    const definition = await registry.add(
      waiter('a', { starts: 'ordered', waits: two() }),
    );
    expect(correlationRows(definition, 'r', { orderid: '5' })).toEqual([]);
    expect(correlationRows(definition, 'r')).toEqual([]);
    expect(
      correlationRows(definition, 'r', JSON.parse('{"__proto__": {}}')),
    ).toEqual([]);
  });

  it('needs no event at the start for attributes with a value of their own', async () => {
    const definition = await registry.add(
      waiter('a', {
        waits: {
          correlation: [
            { contextAttributeName: 'region', contextAttributeValue: 'eu' },
          ],
        },
      }),
    );
    const [row] = correlationRows(definition, 'r');
    expect(tokensOf(anEvent({ extensions: { region: 'eu' } }))).toContain(
      row.token,
    );
    expect(tokensOf(anEvent({ extensions: { region: 'us' } }))).not.toContain(
      row.token,
    );
  });

  it('can be by attributes that every event has', async () => {
    const definition = await registry.add(
      waiter('a', {
        starts: 'ordered',
        waits: { correlation: [{ contextAttributeName: 'subject' }] },
      }),
    );
    const event = anEvent({ type: 'ordered', subject: 's-1' });
    const [row] = correlationRows(
      definition,
      'r',
      correlationOf(definition, event),
    );
    expect(tokensOf(anEvent({ subject: 's-1' }))).toContain(row.token);
  });
});
