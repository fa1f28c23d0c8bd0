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

import { echo, type LeakPosition, operation } from './LeakPosition';

/** The places where a text stays a text, and those where a secret goes where it belongs. */
export const passedPositions: readonly LeakPosition[] = [
  {
    name: 'the data of inject',
    outcome: 'literal',
    make: text => ({
      states: [{ name: 'A', type: 'inject', data: { a: text }, end: true }],
    }),
  },
  {
    name: 'constants',
    outcome: 'literal',
    make: text => ({
      constants: { leak: text },
      ...operation({
        actions: [
          { functionRef: { refName: 'echo', arguments: { a: '$CONST.leak' } } },
        ],
      }),
    }),
  },
  {
    name: 'description',
    outcome: 'literal',
    make: text => ({ description: text, ...operation({}) }),
  },
  {
    name: 'an argument of a call',
    outcome: 'sent',
    make: text => operation({ actions: [echo({ a: text })] }),
  },
  {
    name: 'an argument in the depth of a call',
    outcome: 'sent',
    make: text => operation({ actions: [echo({ a: [{ b: text }] })] }),
  },
  {
    name: 'a header of a call',
    outcome: 'sent',
    make: text => operation({ actions: [echo({ 'HEADER_X-Key': text })] }),
  },
  {
    name: 'a query of a call',
    outcome: 'sent',
    make: text => operation({ actions: [echo({ QUERY_key: text })] }),
  },
  {
    name: 'the path of a call',
    outcome: 'sent',
    make: text =>
      operation({
        actions: [
          { functionRef: { refName: 'path', arguments: { part: text } } },
        ],
      }),
  },
  {
    name: 'an argument of a call that fails',
    outcome: 'sent',
    make: text =>
      operation({
        actions: [{ functionRef: { refName: 'bad', arguments: { a: text } } }],
      }),
  },
  {
    name: 'an argument in an iteration',
    outcome: 'sent',
    make: text => ({
      states: [
        {
          name: 'A',
          type: 'foreach',
          inputCollection: '[1]',
          iterationParam: 'x',
          outputCollection: '.out',
          actions: [
            echo({ a: text, x: '$x' }),
            echo({ before: '$WORKFLOW.prevActionResult' }),
          ],
          end: true,
        },
      ],
    }),
  },
  {
    name: 'an argument in a branch, echoed into an event',
    outcome: 'sent',
    make: text => ({
      states: [
        {
          name: 'A',
          type: 'parallel',
          branches: [{ name: 'a', actions: [echo({ a: text })] }],
          end: { produceEvents: [{ eventRef: 'out' }] },
        },
      ],
    }),
  },
  {
    name: 'an argument of a callback, echoed into a log line and an error',
    outcome: 'sent',
    make: text => ({
      states: [
        {
          name: 'A',
          type: 'callback',
          action: echo({ a: text }),
          eventRef: 'go',
          transition: 'B',
        },
        {
          name: 'B',
          type: 'operation',
          actions: [
            {
              functionRef: {
                refName: 'log',
                arguments: { message: 'tostring' },
              },
            },
          ],
          metadata: { errorMessage: 'tostring' },
          end: true,
        },
      ],
    }),
    waits: true,
  },
];
