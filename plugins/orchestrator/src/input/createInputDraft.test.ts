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

import { createInputDraft } from './createInputDraft';

describe('createInputDraft', () => {
  it('fills in what is required and what has a default', () => {
    expect(
      createInputDraft({
        type: 'object',
        required: ['orderId', 'amount', 'reason', 'count', 'lines', 'urgent'],
        properties: {
          orderId: { type: 'string', examples: ['AB-1234'] },
          amount: { type: 'number', default: 20 },
          reason: { enum: ['damaged', 'late'] },
          count: { type: 'integer', minimum: 1 },
          lines: { type: 'array', items: { type: 'string' } },
          urgent: { type: 'boolean' },
          note: { type: 'string' },
          channel: { const: 'web', default: 'web' },
        },
      }),
    ).toEqual({
      orderId: 'AB-1234',
      amount: 20,
      reason: 'damaged',
      count: 1,
      lines: [],
      urgent: false,
      channel: 'web',
    });
  });

  it('goes into objects, as deep as is of use', () => {
    const deep: { [key: string]: unknown } = {
      type: 'object',
      required: ['next'],
    };
    deep.properties = { next: deep };
    expect(JSON.stringify(createInputDraft(deep)).match(/next/g)).toHaveLength(
      6,
    );
  });

  it.each([
    undefined,
    {},
    { type: 'string' },
    { default: [1] },
    { $ref: '#/x' },
  ])('starts empty where the schema says nothing of an object: %p', schema => {
    expect(createInputDraft(schema)).toEqual({});
  });
});
