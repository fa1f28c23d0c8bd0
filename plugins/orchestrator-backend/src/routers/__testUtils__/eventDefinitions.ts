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

const head = (
  id: string,
  start: string,
  more: JsonObject = {},
): JsonObject => ({
  id,
  name: id,
  version: '1',
  specVersion: '0.8',
  start,
  ...more,
});

const consumed = (name: string, type: string): JsonObject => ({
  name,
  type,
  source: '/shop',
  correlation: [{ contextAttributeName: 'order' }],
});

const waitFor = (
  name: string,
  event: string,
  next: JsonObject,
): JsonObject => ({
  name,
  type: 'event',
  onEvents: [{ eventRefs: [event] }],
  ...next,
});

/** Definitions for the embedded engine: started by events, waiting for them, producing them, and starting others. */
export const EVENT_DEFINITIONS: readonly JsonObject[] = [
  {
    ...head('order', 'Placed'),
    events: [
      consumed('placed', 'order.placed'),
      consumed('paid', 'order.paid'),
      { name: 'shipped', type: 'order.shipped', kind: 'produced' },
    ],
    states: [
      waitFor('Placed', 'placed', { transition: 'Unpaid' }),
      waitFor('Unpaid', 'paid', {
        end: {
          produceEvents: [{ eventRef: 'shipped', data: '{ by: "ship" }' }],
        },
      }),
    ],
  },
  {
    ...head('after-shipping', 'Shipped'),
    events: [
      { name: 'shipped', type: 'order.shipped', source: '/process/order' },
      consumed('never', 'never'),
    ],
    states: [
      waitFor('Shipped', 'shipped', { transition: 'Never' }),
      waitFor('Never', 'never', { end: true }),
    ],
  },
  {
    ...head('audit-order', 'Placed', { metadata: { workspace: 'audit' } }),
    events: [consumed('placed', 'order.placed')],
    states: [waitFor('Placed', 'placed', { end: true })],
  },
  {
    // What begins with an event is started by it, and by nothing else.
    ...head('part', 'Begin'),
    events: [{ name: 'go', type: 'go', source: '' }],
    states: [
      { name: 'Begin', type: 'inject', data: {}, transition: 'Wait' },
      waitFor('Wait', 'go', { end: true }),
    ],
  },
  // After the one that it starts.
  {
    ...head('parent', 'Call'),
    states: [
      {
        name: 'Call',
        type: 'operation',
        actions: [{ name: 'part', subFlowRef: 'part' }],
        end: true,
      },
    ],
  },
];
