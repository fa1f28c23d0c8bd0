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

import { createInputValidator } from './inputSchema';

const person = createInputValidator({
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'person',
  type: 'object',
  properties: {
    name: { type: 'string', pattern: '^[A-Z]' },
    age: { type: 'integer', minimum: 0, default: 7 },
    mail: { type: 'string', format: 'email' },
    size: { enum: ['S', 'M'] },
    tags: { type: 'array', uniqueItems: true },
  },
  required: ['name'],
  additionalProperties: false,
});

describe('createInputValidator', () => {
  it('finds nothing in an input that fits, and fills in no defaults', () => {
    const input = {
      name: 'Ada',
      tags: [{ a: 1, b: 2 }, { a: 1, b: 3 }, 1, '1'],
    };
    expect(person(input)).toEqual([]);
    expect(input).not.toHaveProperty('age');
  });

  it('refuses schemas that take long to compile', () => {
    const schema = (count: number, description = '') => ({
      description,
      type: 'object',
      properties: Object.fromEntries(
        Array.from({ length: count }, (_, i) => [`p${i}`, { type: 'string' }]),
      ),
    });
    expect(createInputValidator(schema(400))({})).toEqual([]);
    expect(() => createInputValidator(schema(600))).toThrow(
      'has more than 500 schemas in it',
    );
    expect(() => createInputValidator(schema(1, 'x'.repeat(70_000)))).toThrow(
      'is larger than 65536 characters of JSON',
    );
  });

  it('finds every fault', () => {
    expect(
      person({
        name: 'ada',
        age: -1,
        mail: 'x',
        size: 'L',
        extra: 1,
        tags: [],
      }),
    ).toEqual([
      { path: '', message: 'must NOT have additional properties: "extra"' },
      { path: '/name', message: 'must match pattern "^[A-Z]"' },
      { path: '/age', message: 'must be >= 0' },
      { path: '/mail', message: 'must match format "email"' },
      {
        path: '/size',
        message: 'must be equal to one of the allowed values: ["S","M"]',
      },
    ]);
  });

  it('knows equal items by their value, whatever the order of their keys', () => {
    expect(
      person({
        name: 'Ada',
        tags: [
          { a: 1, b: [2] },
          { b: [2], a: 1 },
        ],
      }),
    ).toEqual([{ path: '/tags', message: 'must NOT have duplicate items' }]);
  });

  it('is not held up by a pattern that backtracks, nor by many items', () => {
    const validate = createInputValidator({
      properties: {
        word: { type: 'string', pattern: '^(a+)+$' },
        items: { type: 'array', uniqueItems: true },
      },
    });
    // A backtracking engine, or one that compares every pair, would not come to an end here.
    expect(validate({ word: `${'a'.repeat(5_000)}!` })).toHaveLength(1);
    const items = Array.from({ length: 50_000 }, (_, i) => ({ i, text: 'x' }));
    expect(validate({ items })).toEqual([]);
    expect(validate({ items: [...items, { text: 'x', i: 7 }] })).toHaveLength(
      1,
    );
  });

  it('gives an input up over which a schema would take very long', () => {
    // Each level of the input doubles what is to be done; names that are also keywords change nothing.
    const twice = { allOf: Array(2).fill({ $ref: '#/definitions/enum' }) };
    const validate = createInputValidator({
      definitions: { enum: { properties: { default: twice } } },
      allOf: [{ $ref: '#/definitions/enum' }],
    });
    const nested = (levels: number) => {
      let input = {};
      for (let i = 0; i < levels; i += 1) {
        input = { default: input };
      }
      return input;
    };
    expect(validate(nested(5))).toEqual([]);
    expect(validate(nested(60))).toEqual([
      {
        path: '',
        message: 'cannot be checked: its schema takes too many steps',
      },
    ]);
    // Each check has its own steps.
    expect(validate(nested(5))).toEqual([]);
  });

  it('refuses a schema over which every input would take very long', () => {
    const definitions = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [
        `d${i}`,
        { allOf: Array(2).fill({ $ref: `#/definitions/d${i + 1}` }) },
      ]),
    );
    expect(() =>
      createInputValidator({
        definitions: { ...definitions, d60: {} },
        allOf: [{ $ref: '#/definitions/d0' }],
      }),
    ).toThrow('takes too many steps');
  });

  it('checks trees by a schema that refers to itself', () => {
    const validate = createInputValidator({
      definitions: {
        node: {
          properties: {
            $ref: { type: 'string' },
            children: { items: { $ref: '#/definitions/node' } },
          },
          required: ['$ref'],
        },
      },
      $ref: '#/definitions/node',
    });
    const children = Array.from({ length: 1_000 }, () => ({ $ref: 'x' }));
    expect(validate({ $ref: 'x', children })).toEqual([]);
    expect(validate({ $ref: 'x', children: [...children, {}] })).toEqual([
      { path: '/children/1000', message: "must have required property '$ref'" },
    ]);
  });

  it.each([
    [{ pattern: '(?=a)b' }, 'the pattern "(?=a)b" is not supported'],
    [{ allOf: [{ $ref: '#' }] }, 'the schema refers to itself without end'],
    [{ enum: [[{ $ref: '#' }]] }, 'a $ref in enum is not supported'],
    [{ const: { a: { $ref: '#' } } }, 'a $ref in const is not supported'],
    [{ default: {}, $ref: '#/default' }, "can't resolve reference"],
    [{ $ref: 'https://example.com/schema.json' }, "can't resolve reference"],
    [{ type: 'nothing' }, 'schema is invalid'],
  ])('refuses the schema %j', (schema, message) => {
    expect(() => createInputValidator(schema as never)).toThrow(message);
  });

  it('follows a schema that refers to itself where the input ends', () => {
    const tree = createInputValidator({
      type: 'object',
      properties: { child: { $ref: '#' }, value: { type: 'number' } },
    });
    expect(tree({ child: { child: { value: 1 } } })).toEqual([]);
    expect(tree({ child: { child: { value: 'x' } } })).toHaveLength(1);
  });
});
