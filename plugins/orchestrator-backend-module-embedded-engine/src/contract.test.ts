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

import { describeWorkflowEngineContract } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import path from 'node:path';
import {
  crashableEngine,
  lastingDatabase,
} from './__testUtils__/crashableEngine';
import { register, testDatabases } from './__testUtils__/engines';
import { RestStub } from './__testUtils__/restStub';

const databases = testDatabases();

/** A definition that completes at once. */
function completing(id: string, version = '1.0', workspace = 'default') {
  return {
    id,
    version,
    metadata: { workspace },
    specVersion: '0.8',
    start: 'Set',
    states: [{ name: 'Set', type: 'inject', data: { done: true }, end: true }],
  };
}

/** A definition that calls the stub once. */
function calling(id: string, url: string) {
  return {
    id,
    start: 'Call',
    functions: [{ name: 'get', type: 'custom', operation: `rest:get:${url}` }],
    states: [
      {
        name: 'Call',
        type: 'operation',
        actions: [{ functionRef: 'get' }],
        end: true,
      },
    ],
  };
}

/** A state that waits for an event, and puts its data into the field of its name. */
function waiting(event: string, next: { end: true } | { transition: string }) {
  return {
    name: `Wait for ${event}`,
    type: 'event',
    onEvents: [
      { eventRefs: [event], eventDataFilter: { toStateData: `.${event}` } },
    ],
    ...next,
  };
}

/** A definition that waits for events, one after the other; were the first state to wait, the event would start it. */
function waitingFor(id: string, events: readonly string[]) {
  return {
    id,
    start: 'Begin',
    events: events.map(name => ({ name, type: `contract.${name}` })),
    states: [
      {
        name: 'Begin',
        type: 'inject',
        data: {},
        transition: `Wait for ${events[0]}`,
      },
      ...events.map((event, n) =>
        waiting(
          event,
          n + 1 < events.length
            ? { transition: `Wait for ${events[n + 1]}` }
            : { end: true },
        ),
      ),
    ],
  };
}

/** A definition whose action calls the stub, and whose answer comes as an event. */
function callingBack(id: string, url: string) {
  return {
    ...calling(id, url),
    start: 'Ask',
    events: [{ name: 'answer', type: 'contract.answer' }],
    states: [
      {
        name: 'Ask',
        type: 'callback',
        action: {
          functionRef: 'get',
          actionDataFilter: { toStateData: '.asked' },
        },
        eventRef: 'answer',
        eventDataFilter: { toStateData: '.answer' },
        end: true,
      },
    ],
  };
}

/** A definition with a sub-flow. */
function havingChild(id: string, child: string) {
  return {
    id,
    start: 'Child',
    states: [
      {
        name: 'Child',
        type: 'operation',
        actions: [
          {
            subFlowRef: child,
            actionDataFilter: {
              results: '{ done: .done }',
              toStateData: '.child',
            },
          },
        ],
        end: true,
      },
    ],
  };
}

describe.each(databases.eachSupportedId())('%p', databaseId => {
  describeWorkflowEngineContract('The embedded engine', async () => {
    const stub = await RestStub.start();
    stub.reset({
      'GET /fails': [{ status: 500 }],
      'GET /once': [{ status: 500 }, { body: { fine: true } }],
      'GET /ask': [{ body: { asked: true } }],
    });
    const database = await lastingDatabase(databases, databaseId);
    const config = {
      egress: [stub.url],
      definitions: [{ folder: path.join(__dirname, '__fixtures__', 'folder') }],
    };
    let current = await crashableEngine(database, { config });
    await current.engine.begin?.();
    await register(current.engine, completing('completes'));
    await register(current.engine, {
      id: 'waits',
      start: 'Wait',
      states: [{ name: 'Wait', type: 'sleep', duration: 'PT1H', end: true }],
    });
    await register(current.engine, calling('fails', `${stub.url}/fails`));
    await register(current.engine, calling('failsOnce', `${stub.url}/once`));
    await register(current.engine, waitingFor('waitsForEvent', ['go']));
    await register(
      current.engine,
      waitingFor('waitsTwice', ['first', 'second']),
    );
    await register(current.engine, callingBack('callsBack', `${stub.url}/ask`));
    await register(current.engine, completing('child'));
    await register(current.engine, havingChild('parent', 'child'));
    return {
      engine: current.engine,
      definitions: {
        completes: 'completes',
        waits: 'waits',
        fails: 'fails',
        failsOnce: 'failsOnce',
        waitsForEvent: 'waitsForEvent',
        waitsTwice: 'waitsTwice',
        callsBack: 'callsBack',
        parent: 'parent',
        child: 'child',
      },
      sources: {
        valid: ({ id, version, workspace }) => ({
          source: JSON.stringify(completing(id, version, workspace)),
          format: 'json',
        }),
        invalid: id => ({
          source: JSON.stringify({ ...completing(id), start: 'Nowhere' }),
          format: 'json',
        }),
      },
      restart: async () => {
        await current.crash();
        current = await crashableEngine(database, { config });
        await current.engine.begin?.();
        return current.engine;
      },
      close: async () => {
        await current.close();
        await database.close();
        await stub.stop();
      },
    };
  });
});
