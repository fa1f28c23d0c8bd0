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
import { compile, faultsOf, testEvaluator } from '../__testUtils__/compile';
import type { JqWorker } from '../jq/JqWorker';

let evaluator: JqWorker;
beforeAll(() => {
  evaluator = testEvaluator();
});
afterAll(() => evaluator.stop());

const call = { functionRef: 'f' };

/** A definition with one state A, and a state B to go to where the test wants it. */
function withState(state: JsonObject, more: JsonObject = {}): JsonObject {
  return {
    id: 'test',
    start: 'A',
    functions: [{ name: 'f', type: 'expression', operation: '.a' }],
    events: [
      { name: 'go', type: 'test.go' },
      { name: 'sent', type: 'test.sent', kind: 'produced' },
    ],
    errors: [{ name: 'any', code: '.*' }],
    ...more,
    states: [
      { name: 'A', end: true, ...state },
      ...((more.states as JsonObject[] | undefined) ?? []),
    ],
  };
}

async function stateOf(state: JsonObject, more?: JsonObject) {
  const { definition } = await compile(evaluator, withState(state, more));
  return definition.states.get('A');
}

const end = { kind: 'end', produce: [], compensate: false, terminate: false };

describe('states', () => {
  it('wait for events, one of them or all, and do actions for each', async () => {
    expect(
      await stateOf({
        type: 'event',
        exclusive: false,
        timeouts: {
          eventTimeout: 'PT1S',
          stateExecTimeout: { total: 'PT2S', single: 'PT9S' },
          actionExecTimeout: 'PT3S',
        },
        onEvents: [
          {
            eventRefs: ['go'],
            eventDataFilter: { data: '.x', toStateData: '.y' },
            actionMode: 'parallel',
            actions: [call],
          },
          { eventRefs: ['go'], eventDataFilter: { useData: false } },
        ],
        onErrors: [{ errorRef: 'any', end: true }],
      }),
    ).toMatchObject({
      type: 'event',
      exclusive: false,
      eventTimeout: 1_000,
      timeout: 2_000,
      handlers: [{ codes: ['.*'], next: end }],
      onEvents: [
        {
          events: ['go'],
          parallel: true,
          filter: {
            useData: true,
            data: { text: '.x' },
            to: { kind: 'path', path: ['y'] },
          },
          actions: [{ timeout: 3_000 }],
        },
        { parallel: false, filter: { useData: false }, actions: [] },
      ],
      next: end,
    });
  });

  it('call, and wait for the answer', async () => {
    expect(
      await stateOf({
        type: 'callback',
        action: call,
        eventRef: 'go',
        eventDataFilter: { toStateData: '.answer' },
        timeouts: { eventTimeout: 'PT1S' },
      }),
    ).toMatchObject({
      type: 'callback',
      action: { call: { kind: 'expression' } },
      event: 'go',
      filter: { to: { path: ['answer'] } },
      eventTimeout: 1_000,
    });
  });

  it('switch on events', async () => {
    expect(
      await stateOf(
        {
          type: 'switch',
          end: null,
          timeouts: { eventTimeout: 'PT1S' },
          eventConditions: [
            { eventRef: 'go', transition: 'B' },
            { eventRef: 'go', eventDataFilter: { data: '.x' }, end: true },
          ],
          defaultCondition: { end: true },
        },
        { states: [{ name: 'B', type: 'inject', data: {}, end: true }] },
      ),
    ).toMatchObject({
      conditions: [],
      eventConditions: [
        { event: 'go', next: { kind: 'transition', to: 'B' } },
        { filter: { data: { text: '.x' } }, next: end },
      ],
      eventTimeout: 1_000,
      fallback: end,
    });
  });

  it('have branches, of which some or all must be done', async () => {
    const branches = [
      { actions: [call], timeouts: { branchExecTimeout: 'PT1S' } },
      { name: 'second', actions: [call, call] },
    ];
    expect(
      await stateOf({
        type: 'parallel',
        branches,
        completionType: 'atLeast',
        numCompleted: '1',
        timeouts: { branchExecTimeout: 'PT5S' },
      }),
    ).toMatchObject({
      needed: 1,
      branches: [
        { name: 'branch 1', timeout: 1_000, actions: [{}] },
        { name: 'second', timeout: 5_000, actions: [{}, {}] },
      ],
    });
    expect(await stateOf({ type: 'parallel', branches })).toMatchObject({
      needed: 2,
    });
  });

  it.each<[JsonObject, number]>([
    [{}, 100],
    [{ mode: 'parallel', batchSize: 7 }, 7],
    [{ mode: 'parallel', batchSize: 7_000 }, 100],
    [{ mode: 'parallel', batchSize: 0 }, 100],
    [{ mode: 'sequential', batchSize: 7 }, 1],
  ])('do actions for each item: %j side by side: %p', async (more, size) => {
    expect(
      await stateOf({
        type: 'foreach',
        inputCollection: '.list',
        iterationParam: 'x',
        outputCollection: '${ .a.out }',
        actions: [call],
        ...more,
      }),
    ).toMatchObject({
      items: { text: '.list' },
      parameter: 'x',
      outputs: { path: ['a', 'out'] },
      batchSize: size,
      actions: [{}],
    });
  });

  it('sleep no longer than they may take', async () => {
    expect(
      await stateOf({
        type: 'sleep',
        duration: 'PT2S',
        timeouts: { stateExecTimeout: 'PT1S' },
        onErrors: [{ errorRef: 'any', end: { terminate: true } }],
      }),
    ).toMatchObject({
      duration: 2_000,
      timeout: 1_000,
      handlers: [{ next: { kind: 'end', terminate: true } }],
    });
  });

  it('have the time-outs of the definition where they have none', async () => {
    const timeouts = {
      workflowExecTimeout: { duration: 'PT1H', runBefore: 'A' },
      stateExecTimeout: 'PT2S',
      actionExecTimeout: 'PT3S',
      branchExecTimeout: 'PT4S',
      eventTimeout: 'PT5S',
    };
    const { definition } = await compile(
      evaluator,
      withState(
        { type: 'parallel', branches: [{ actions: [call] }], transition: 'B' },
        {
          timeouts,
          states: [
            {
              name: 'B',
              type: 'event',
              onEvents: [{ eventRefs: ['go'] }],
              timeouts: { eventTimeout: 'PT6S' },
              end: true,
            },
          ],
        },
      ),
    );
    expect(definition.timeout).toEqual({
      duration: 3_600_000,
      runBefore: 'A',
    });
    expect(definition.states.get('A')).toMatchObject({
      timeout: 2_000,
      branches: [{ timeout: 4_000, actions: [{ timeout: 3_000 }] }],
    });
    expect(definition.states.get('B')).toMatchObject({
      timeout: 2_000,
      eventTimeout: 6_000,
    });
  });

  it('are compensated, and send events on their way', async () => {
    const { definition } = await compile(
      evaluator,
      withState(
        {
          type: 'operation',
          actions: [call],
          compensatedBy: 'Undo',
          end: {
            compensate: true,
            terminate: true,
            produceEvents: [
              {
                eventRef: 'sent',
                data: '{ a: .a }',
                contextAttributes: { orderid: '.order' },
              },
              { eventRef: 'go' },
            ],
          },
        },
        {
          keepActive: true,
          states: [
            {
              name: 'Undo',
              type: 'operation',
              usedForCompensation: true,
              actions: [call],
              transition: 'More',
            },
            {
              name: 'More',
              type: 'inject',
              usedForCompensation: true,
              data: {},
            },
          ],
        },
      ),
    );
    expect(definition.keepActive).toBe(true);
    expect(definition.states.get('A')).toMatchObject({
      compensatedBy: 'Undo',
      next: {
        compensate: true,
        terminate: true,
        produce: [
          {
            event: 'sent',
            data: { text: '{ a: .a }' },
            attributes: { template: { kind: 'object' } },
          },
          { event: 'go', data: undefined },
        ],
      },
    });
    expect(definition.states.get('Undo')).toMatchObject({
      compensates: true,
      next: { kind: 'transition', to: 'More' },
    });
    expect(definition.states.get('More')).toMatchObject({ next: end });
    // What is only sent is nothing that a run could wait for.
    expect(definition.events.get('go')?.kind).toBe('produced');
  });

  it('may have no action, and words for true and false', async () => {
    expect(
      await stateOf({
        type: 'operation',
        actions: [],
        end: { terminate: 'true', compensate: 'false' },
      }),
    ).toMatchObject({
      actions: [],
      next: { kind: 'end', terminate: true, compensate: false },
    });
  });

  it('start workflows and send events by their actions', async () => {
    const { definition, subFlows } = await compile(
      evaluator,
      withState({
        type: 'operation',
        actions: [
          { subFlowRef: 'child' },
          {
            name: 'later',
            subFlowRef: {
              workflowId: 'other',
              version: 2,
              invoke: 'async',
              onParentComplete: 'continue',
            },
          },
          {
            eventRef: {
              produceEventRef: 'sent',
              consumeEventRef: 'go',
              consumeEventTimeout: 'PT1S',
              data: '.a',
            },
          },
          { eventRef: { triggerEventRef: 'sent' } },
        ],
      }),
    );
    expect(subFlows).toEqual([
      {
        path: '/states/A/actions/0/subFlowRef',
        workflowId: 'child',
        version: undefined,
      },
      {
        path: '/states/A/actions/1/subFlowRef',
        workflowId: 'other',
        version: '2',
      },
    ]);
    expect(definition.states.get('A')).toMatchObject({
      actions: [
        {
          name: 'child (action 1)',
          call: { kind: 'subFlow', waits: true, onParentEnd: 'terminate' },
        },
        {
          name: 'later',
          call: { version: '2', waits: false, onParentEnd: 'continue' },
        },
        {
          call: {
            kind: 'event',
            produce: { event: 'sent', data: { text: '.a' } },
            awaits: 'go',
            awaitTimeout: 1_000,
          },
        },
        { call: { produce: { event: 'sent' }, awaits: undefined } },
      ],
    });
  });

  it('are begun by an event only where the first one waits for it', async () => {
    const waiting = { type: 'event', onEvents: [{ eventRefs: ['go'] }] };
    const started = await compile(evaluator, withState(waiting));
    expect(started.definition.startsByEvent).toBe(true);
    const called = await compile(
      evaluator,
      withState(
        { type: 'inject', data: {}, transition: 'B' },
        { states: [{ name: 'B', end: true, ...waiting }] },
      ),
    );
    expect(called.definition.startsByEvent).toBe(false);
  });

  it.each<[string, JsonObject, JsonObject, string, RegExp]>([
    [
      'an event that nobody declares',
      { type: 'event', onEvents: [{ eventRefs: ['nope'] }] },
      {},
      '/states/A/onEvents/0/eventRefs/0',
      /there is no event "nope"/,
    ],
    [
      'a wait for nothing',
      { type: 'event', onEvents: [{ eventRefs: [] }] },
      {},
      '/states/A/onEvents/0/eventRefs',
      /list of names/,
    ],
    [
      'a callback without an event',
      { type: 'callback', action: call },
      {},
      '/states/A/eventRef',
      /must name an event/,
    ],
    [
      'a switch on both',
      {
        type: 'switch',
        dataConditions: [],
        eventConditions: [],
        defaultCondition: { end: true },
      },
      {},
      '/states/A',
      /dataConditions or eventConditions/,
    ],
    [
      'more branches than there are',
      {
        type: 'parallel',
        branches: [{ actions: [call] }],
        completionType: 'atLeast',
        numCompleted: 2,
      },
      {},
      '/states/A/numCompleted',
      /from 1 to 1/,
    ],
    [
      'at least nobody knows how many',
      {
        type: 'parallel',
        branches: [{ actions: [call] }],
        completionType: 'atLeast',
      },
      {},
      '/states/A',
      /must have numCompleted/,
    ],
    [
      'another kind of completion',
      {
        type: 'parallel',
        branches: [{ actions: [call] }],
        completionType: 'xor',
      },
      {},
      '/states/A/completionType',
      /allOf or atLeast/,
    ],
    [
      'a branch without actions',
      { type: 'parallel', branches: [{ name: 'b' }] },
      {},
      '/states/A/branches/0',
      /must have actions/,
    ],
    [
      'an item that takes the name of the secrets',
      {
        type: 'foreach',
        inputCollection: '.l',
        iterationParam: 'SECRET',
        actions: [call],
      },
      {},
      '/states/A/iterationParam',
      /none of CONST, ENV, SECRET/,
    ],
    [
      'a collection of nothing',
      { type: 'foreach', iterationParam: 'x', actions: [call] },
      {},
      '/states/A',
      /inputCollection/,
    ],
    [
      'a compensation that is none',
      { type: 'inject', data: {}, compensatedBy: 'B', transition: 'B' },
      { states: [{ name: 'B', type: 'inject', data: {}, end: true }] },
      '/states/A/compensatedBy',
      /must have usedForCompensation/,
    ],
    [
      'a way into a compensation',
      { type: 'inject', data: {}, transition: 'B', end: null },
      {
        states: [
          {
            name: 'B',
            type: 'inject',
            data: {},
            usedForCompensation: true,
          },
        ],
      },
      '/states/A',
      /cannot go to B/,
    ],
    [
      'a way out of a compensation',
      { type: 'inject', data: {}, compensatedBy: 'B' },
      {
        states: [
          {
            name: 'B',
            type: 'inject',
            data: {},
            usedForCompensation: true,
            transition: 'A',
          },
        ],
      },
      '/states/B',
      /can go only to others that are/,
    ],
    [
      'a compensation of a compensation',
      { type: 'inject', data: {}, compensatedBy: 'B' },
      {
        states: [
          {
            name: 'B',
            type: 'inject',
            data: {},
            usedForCompensation: true,
            end: { compensate: true },
          },
        ],
      },
      '/states/B',
      /cannot ask for compensation/,
    ],
    [
      'a state before the end that is not there',
      { type: 'inject', data: {} },
      {
        timeouts: { workflowExecTimeout: { duration: 'PT1S', runBefore: 'Z' } },
      },
      '/timeouts/workflowExecTimeout/runBefore',
      /there is no state "Z"/,
    ],
    [
      'an attribute that the engine sets',
      {
        type: 'inject',
        data: {},
        end: {
          produceEvents: [{ eventRef: 'sent', contextAttributes: { id: 'x' } }],
        },
      },
      {},
      '/states/A/end/produceEvents/0/contextAttributes/id',
      /must be named by/,
    ],
    [
      'neither true nor false',
      { type: 'inject', data: {}, end: { terminate: 'perhaps' } },
      {},
      '/states/A/end/terminate',
      /must be true or false/,
    ],
    [
      'no actions at all',
      { type: 'operation' },
      {},
      '/states/A',
      /must have actions/,
    ],
    [
      'an action of two kinds',
      { type: 'operation', actions: [{ ...call, subFlowRef: 'x' }] },
      {},
      '/states/A/actions/0',
      /one of functionRef, subFlowRef and eventRef/,
    ],
    [
      'an action of no kind',
      { type: 'operation', actions: [{}] },
      {},
      '/states/A/actions/0',
      /one of functionRef/,
    ],
    [
      'an event of an action that is sent and forgotten',
      {
        type: 'operation',
        actions: [{ eventRef: { triggerEventRef: 'sent', invoke: 'async' } }],
      },
      {},
      '/states/A/actions/0/eventRef/invoke',
      /invoke: async is not supported/,
    ],
    [
      'a way to start a workflow that nobody knows',
      {
        type: 'operation',
        actions: [{ subFlowRef: { workflowId: 'c', invoke: 'soon' } }],
      },
      {},
      '/states/A/actions/0/subFlowRef/invoke',
      /sync or async/,
    ],
    [
      'an event without a type',
      { type: 'inject', data: {} },
      { events: [{ name: 'e' }] },
      '/events/0',
      /must have a name and a type/,
    ],
    [
      'an event with its attributes',
      { type: 'inject', data: {} },
      { events: [{ name: 'e', type: 't', dataOnly: false }] },
      '/events/0/dataOnly',
      /dataOnly: false is not supported/,
    ],
    [
      'a correlation by no attribute',
      { type: 'inject', data: {} },
      {
        events: [
          {
            name: 'e',
            type: 't',
            correlation: [{ contextAttributeName: 'order-id' }],
          },
        ],
      },
      '/events/0/correlation/0/contextAttributeName',
      /lower-case letters and digits/,
    ],
  ])('are refused with %s', async (_name, state, more, where, message) => {
    expect(await faultsOf(evaluator, withState(state, more))).toContainEqual({
      path: where,
      message: expect.stringMatching(message),
    });
  });

  it.each<[string, JsonObject, JsonObject]>([
    [
      '/states/A/onEvents/0/eventDataFilter/data',
      {
        type: 'event',
        onEvents: [
          { eventRefs: ['go'], eventDataFilter: { data: '$SECRET.token' } },
        ],
      },
      {},
    ],
    [
      '/states/A/inputCollection',
      {
        type: 'foreach',
        inputCollection: '[$SECRET.token]',
        iterationParam: 'x',
        actions: [call],
      },
      {},
    ],
    [
      '/states/A/end/produceEvents/0/data',
      {
        type: 'inject',
        data: {},
        end: {
          produceEvents: [{ eventRef: 'sent', data: '{ a: $SECRET.token }' }],
        },
      },
      {},
    ],
    [
      '/states/A/end/produceEvents/0/contextAttributes/orderid',
      {
        type: 'inject',
        data: {},
        end: {
          produceEvents: [
            {
              eventRef: 'sent',
              contextAttributes: { orderid: '$SECRET.token' },
            },
          ],
        },
      },
      {},
    ],
    [
      '/states/A/actions/0/eventRef/data',
      {
        type: 'operation',
        actions: [
          { eventRef: { triggerEventRef: 'sent', data: '$SECRET.token' } },
        ],
      },
      {},
    ],
    [
      '/states/A/actions/0/actionDataFilter/fromStateData',
      {
        type: 'operation',
        actions: [
          {
            subFlowRef: 'child',
            actionDataFilter: { fromStateData: '{ a: $SECRET.token }' },
          },
        ],
      },
      {},
    ],
  ])('may not read a secret in %s', async (where, state, more) => {
    expect(await faultsOf(evaluator, withState(state, more))).toEqual([
      { path: where, message: expect.stringContaining('$SECRET can be read') },
    ]);
  });
});

describe('events', () => {
  const read = async (events: JsonObject[]) => {
    const { definition, warnings } = await compile(
      evaluator,
      withState(
        { type: 'event', onEvents: [{ eventRefs: ['e'] }] },
        { events },
      ),
    );
    return { event: definition.events.get('e'), warnings };
  };

  it('have a source only where they name one, and attributes in lower case', async () => {
    expect(
      await read([
        {
          name: 'e',
          type: 't',
          source: '',
          correlation: [
            { contextAttributeName: 'orderId' },
            { contextAttributeName: 'tenant', contextAttributeValue: 'a' },
          ],
        },
      ]),
    ).toEqual({
      event: {
        name: 'e',
        type: 't',
        source: undefined,
        kind: 'consumed',
        correlation: [
          { attribute: 'orderid', value: undefined },
          { attribute: 'tenant', value: 'a' },
        ],
      },
      warnings: [expect.stringContaining('is read as orderid')],
    });
  });

  it('are consumed where a state waits for them, whatever they are declared as', async () => {
    expect(
      await read([{ name: 'e', type: 't', source: '/s', kind: 'produced' }]),
    ).toEqual({
      event: {
        name: 'e',
        type: 't',
        source: '/s',
        kind: 'consumed',
        correlation: [],
      },
      warnings: [expect.stringContaining('declared as produced')],
    });
  });
});
