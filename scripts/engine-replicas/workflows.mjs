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

// What the runs do that are disturbed: calls alone and side by side, sleeps, a sub-flow, and a callback.
import fs from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';

/** The workflow that is started, and the one that it starts as its sub-flow. */
export const PARENT = 'disturbed';
export const CHILD = 'disturbed-child';
/** The event that the callback waits for. */
export const APPROVAL = 'approval';

const ITEMS = [1, 2, 3];

/** The input of a run. */
export function inputOf(index) {
  return { index, items: ITEMS };
}

/** What its callback is answered with. */
export function approvalOf(index) {
  return { by: `approver ${index}` };
}

/** The calls of a run and of its sub-flow, as `Service` names them. */
export function callsOf(index) {
  return [
    `open of ${index}`,
    ...ITEMS.map(item => `each of ${index} for ${item}`),
    `first of ${index}`,
    `second of ${index}`,
    `ask of ${index}`,
    `close of ${index}`,
    `lock of ${index}`,
  ];
}

/** How many of them the sub-flow makes. */
export const CHILD_CALLS = 2;

/** The data of a run that has completed. */
export function dataOf(index) {
  return {
    ...inputOf(index),
    opened: `open of ${index}`,
    each: ITEMS.map(item => `each of ${index} for ${item}`),
    child: { first: `first of ${index}`, second: `second of ${index}` },
    asked: `ask of ${index}`,
    approval: approvalOf(index),
    closed: `close of ${index}`,
    locked: `lock of ${index}`,
  };
}

const calling = (step, target, more = {}) => ({
  name: step,
  functionRef: {
    refName: 'call',
    arguments: { step, index: '.index', ...more },
  },
  actionDataFilter: {
    results: '.answer',
    ...(target ? { toStateData: `.${target}` } : {}),
  },
});

const operation = (name, actions, next) => ({
  name,
  type: 'operation',
  actions,
  ...next,
});

function definition(id, url, states) {
  return {
    id,
    version: '1.0',
    specVersion: '0.8',
    name: id,
    start: states[0].name,
    events: [{ name: APPROVAL, type: APPROVAL, source: '', kind: 'consumed' }],
    functions: [
      { name: 'call', type: 'custom', operation: `rest:post:${url}/call` },
    ],
    states,
  };
}

/** Writes the definitions into a folder of their own. */
export function writeWorkflows(folder, url) {
  fs.mkdirSync(folder, { recursive: true });
  const parent = definition(PARENT, url, [
    operation('Open', [calling('open', 'opened')], { transition: 'Each' }),
    {
      name: 'Each',
      type: 'foreach',
      mode: 'parallel',
      inputCollection: '.items',
      iterationParam: 'item',
      outputCollection: '.each',
      actions: [calling('each', undefined, { item: '$item' })],
      transition: 'Pause',
    },
    { name: 'Pause', type: 'sleep', duration: 'PT1S', transition: 'Child' },
    operation(
      'Child',
      [
        {
          name: 'child',
          subFlowRef: CHILD,
          actionDataFilter: {
            fromStateData: '{ index: .index }',
            results: '{ first: .first, second: .second }',
            toStateData: '.child',
          },
        },
      ],
      { transition: 'Ask' },
    ),
    {
      name: 'Ask',
      type: 'callback',
      action: calling('ask', 'asked', { run: '$WORKFLOW.instanceId' }),
      eventRef: APPROVAL,
      eventDataFilter: { toStateData: '.approval' },
      transition: 'Close',
    },
    operation(
      'Close',
      [calling('close', 'closed'), calling('lock', 'locked')],
      {
        end: true,
      },
    ),
  ]);
  const child = definition(CHILD, url, [
    operation('First', [calling('first', 'first')], { transition: 'Pause' }),
    { name: 'Pause', type: 'sleep', duration: 'PT1S', transition: 'Second' },
    operation('Second', [calling('second', 'second')], { end: true }),
  ]);
  for (const one of [parent, child]) {
    fs.writeFileSync(path.join(folder, `${one.id}.sw.yaml`), stringify(one));
  }
}
