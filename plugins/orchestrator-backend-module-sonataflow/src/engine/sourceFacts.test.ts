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

import { readSourceFacts } from './sourceFacts';

const lines = (...text: string[]) => text.join('\n');

describe('readSourceFacts', () => {
  it('reads YAML', () => {
    const facts = readSourceFacts(
      lines(
        'id: a',
        'metadata: {workspace: payments}',
        'dataInputSchema: {schema: s.json, failOnValidationErrors: false}',
        'start: {stateName: Begin}',
        'events:',
        '  - {name: begin, type: a.begin, source: "", correlation: [{contextAttributeName: orderid}]}',
        '  - {name: paid}',
        '  - {name: done, type: a.done, kind: produced}',
        'states:',
        '  - {name: Other, type: inject}',
        '  - {name: Begin, type: event, onEvents: [{eventRefs: [begin, paid]}]}',
      ),
    );
    expect(facts).toEqual({
      format: 'yaml',
      workspace: 'payments',
      failOnValidationErrors: false,
      events: new Map([
        [
          'begin',
          {
            name: 'begin',
            type: 'a.begin',
            source: undefined,
            correlation: ['orderid'],
          },
        ],
        [
          'paid',
          { name: 'paid', type: 'paid', source: undefined, correlation: [] },
        ],
      ]),
      startEvent: expect.objectContaining({ name: 'begin' }),
    });
  });

  it('reads JSON', () => {
    const source = { id: 'a', metadata: { workspace: 'w' }, states: [] };
    expect(readSourceFacts(` ${JSON.stringify(source)}`)).toMatchObject({
      format: 'json',
      workspace: 'w',
      failOnValidationErrors: true,
    });
  });

  it('says nothing of what is not there', () => {
    expect(readSourceFacts('id: a')).toEqual({
      format: 'yaml',
      workspace: undefined,
      failOnValidationErrors: true,
      events: new Map(),
      startEvent: undefined,
    });
  });

  it('starts with the first state where none is named, and by no event where that is none', () => {
    const events = 'events: [{name: e, type: t}]';
    const start = (state: string) =>
      readSourceFacts(
        lines(
          events,
          `states: [${state}, {name: B, type: event, onEvents: [{eventRefs: [e]}]}]`,
        ),
      )!.startEvent?.name;
    expect(start('{name: A, type: inject}')).toBeUndefined();
    expect(start('{name: A, type: event, onEvents: [{eventRefs: [e]}]}')).toBe(
      'e',
    );
    expect(
      start('{name: A, type: event, onEvents: [{eventRefs: [unknown]}]}'),
    ).toBeUndefined();
    expect(start('{name: A, type: event}')).toBeUndefined();
  });

  it.each([
    ['', 'nothing'],
    ['- a', 'a list'],
    ['"text"', 'a text'],
    ['{"a": ', 'half of a JSON text'],
    ['a: [', 'half of a YAML text'],
    [`id: ${'x'.repeat(300_001)}`, 'a text that is too long'],
    [`a: ${'['.repeat(101)}${']'.repeat(101)}`, 'a text that nests too deeply'],
    ['a: b\n'.concat('- x\n'.repeat(20_000)), 'a text of too many words'],
    [`{"a": "${'x'.repeat(2_000_000)}"}`, 'JSON that is too long'],
    ['metadata: {workspace: 7}', 'a workspace that is no text'],
    ['metadata: {workspace: ""}', 'an empty workspace'],
    [
      `metadata: {workspace: ${'x'.repeat(256)}}`,
      'a workspace that no database keeps',
    ],
    [
      lines(
        'a: &a [x, x, x, x, x, x, x, x, x, x]',
        'b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]',
        'c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]',
        'd: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]',
      ),
      'a text that grows without end',
    ],
  ])('does not understand %#', text => {
    expect(readSourceFacts(text)).toBeUndefined();
  });

  it('is not changed by keys of JavaScript', () => {
    const facts = readSourceFacts(
      lines(
        '__proto__: {metadata: {workspace: evil}}',
        'constructor: {prototype: {workspace: evil}}',
      ),
    );
    expect(facts?.workspace).toBeUndefined();
    expect(({} as { workspace?: string }).workspace).toBeUndefined();
  });
});
