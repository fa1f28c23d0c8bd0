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

import type { JsonObject, JsonValue } from '@backstage/types';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { JqWorker } from '../jq/JqWorker';
import {
  compile,
  faultsOf,
  readFixture,
  testEvaluator,
} from '../__testUtils__/compile';

const refused = path.join(__dirname, '..', '__fixtures__', 'oracle', 'refused');

let evaluator: JqWorker;
beforeAll(() => {
  evaluator = testEvaluator();
});
afterAll(() => evaluator.stop());

/** A definition with one operation state, changed as a test asks. */
function operation(
  action: JsonObject,
  more: JsonObject = {},
  state: JsonObject = {},
): JsonObject {
  return {
    id: 'test',
    start: 'A',
    functions: [
      { name: 'f', type: 'expression', operation: '.a' },
      { name: 'log', type: 'custom', operation: 'sysout' },
      { name: 'get', type: 'custom', operation: 'rest:get:http://api.test/x' },
    ],
    ...more,
    states: [
      { name: 'A', type: 'operation', actions: [action], end: true, ...state },
    ],
  };
}

describe('definitions that SonataFlow refuses, or accepts and does not carry out', () => {
  const expected: Record<string, [path: string, message: RegExp]> = {
    'x-comp-nested': [
      '/states/U/compensatedBy',
      /nested compensation is forbidden/,
    ],
    'x-continue-as': [
      '/states/A/end/continueAs',
      /continueAs is not supported/,
    ],
    'x-cron': ['/start/schedule', /start by schedule is not supported/],
    'x-default-error': ['/errors/0', /error d must have a code/],
    'x-event-nodefault': [
      '/states/A/eventConditions',
      /must have an eventTimeout/,
    ],
    'x-foreach': ['/states/A', /must have an iterationParam/],
    'x-graphql': [
      '/functions/0',
      /function type graphql \(function s\) is not supported/,
    ],
    'x-jsonpath': ['/expressionLang', /"jsonpath" is not supported/],
    'x-month': ['/states/B/timeouts/eventTimeout', /not a duration/],
    'x-no-end': ['/states/A', /neither a transition nor an end/],
    'x-no-errordef': ['/states/A/onErrors/0/0', /there is no error "nope"/],
    'x-no-function': [
      '/states/A/actions/0/functionRef',
      /there is no function "nope"/,
    ],
    'x-no-target': ['/states/A', /there is no state "Nowhere"/],
    'x-rest-dash': ['/functions/0/operation', /functions\.get\.baseUrl/],
    'x-retry-missing': [
      '/states/A/actions/0/retryRef',
      /no retry strategy "nope"/,
    ],
    'x-run-before': ['/states/C', /reached by no transition/],
    'x-script': [
      '/functions/0',
      /custom function script \(function s\) is not supported/,
    ],
    'x-switch-input': [
      '/states/A/stateDataFilter',
      /not supported on a switch/,
    ],
    'x-switch-output': [
      '/states/A/stateDataFilter',
      /not supported on a switch/,
    ],
    'x-syntax': ['/functions/0/operation', /not valid/],
    'x-sysout': [
      '/states/A/actions/0/functionRef/arguments',
      /argument named message/,
    ],
    'x-to-plain': [
      '/states/A/actions/0/actionDataFilter/toStateData',
      /a\/0 is not defined/,
    ],
    'x-undefined-fn': ['/functions/0/operation', /nosuchfn\/1 is not defined/],
    'x-unreachable': ['/states/B', /reached by no transition/],
  };

  // An endless loop is no fault of a definition: a budget ends its runs. Which workflows there are is not looked at here.
  const loads = ['x-loop-to-start', 'x-parallel-noname', 'x-subflow-missing'];
  const names = readdirSync(refused).map(file => file.replace('.sw.yaml', ''));

  it('are all looked at', () => {
    expect([...Object.keys(expected), ...loads].sort()).toEqual(names.sort());
  });

  it.each(Object.entries(expected))('%s', async (name, [where, message]) => {
    const faults = await faultsOf(
      evaluator,
      readFixture(path.join(refused, `${name}.sw.yaml`)),
    );
    expect(faults).toContainEqual({
      path: where,
      message: expect.stringMatching(message),
    });
  });

  it.each(loads)('%s loads', async name => {
    expect(
      await faultsOf(
        evaluator,
        readFixture(path.join(refused, `${name}.sw.yaml`)),
      ),
    ).toEqual([]);
  });
});

describe('features that are refused by name', () => {
  it.each<[string, JsonObject, string, RegExp]>([
    [
      'async',
      operation({ functionRef: { refName: 'f', invoke: 'async' } }),
      '/states/A/actions/0/functionRef/invoke',
      /async/,
    ],
    [
      'an OpenAPI document that is missing',
      operation(
        { functionRef: 'f' },
        { functions: [{ name: 'f', operation: 'spec.yaml#op' }] },
      ),
      '/functions/0/operation',
      /the file is missing/,
    ],
    [
      'authRef',
      operation(
        { functionRef: 'f' },
        {
          functions: [
            { name: 'f', type: 'expression', operation: '.a', authRef: 'x' },
          ],
        },
      ),
      '/functions/0/authRef',
      /authRef/,
    ],
    [
      'functions from a file that is missing',
      operation({ functionRef: 'f' }, { functions: 'file.json' }),
      '/functions',
      /"file.json": the file is missing/,
    ],
    [
      'constants from a file that is missing',
      operation({ functionRef: 'f' }, { constants: 'file.json' }),
      '/constants',
      /"file.json": the file is missing/,
    ],
    [
      'a schema that is missing',
      operation({ functionRef: 'f' }, { dataInputSchema: 'no.json' }),
      '/dataInputSchema',
      /missing/,
    ],
    [
      'a schema that is none',
      operation(
        { functionRef: 'f' },
        { dataInputSchema: { type: 'nonsense' } },
      ),
      '/dataInputSchema',
      /schema/,
    ],
    [
      'a schema of very many schemas',
      operation(
        { functionRef: 'f' },
        { dataInputSchema: { anyOf: Array(500).fill({ minLength: 1 }) } },
      ),
      '/dataInputSchema',
      /more than 500 schemas/,
    ],
    [
      'a schema of very many properties, in a wrapper',
      operation(
        { functionRef: 'f' },
        {
          dataInputSchema: {
            schema: {
              properties: Object.fromEntries(
                Array.from({ length: 500 }, (_x, i) => [`default${i}`, {}]),
              ),
            },
          },
        },
      ),
      '/dataInputSchema',
      /more than 500 schemas/,
    ],
    [
      'a schema that is too large',
      operation(
        { functionRef: 'f' },
        { dataInputSchema: { enum: ['x'.repeat(70_000)] } },
      ),
      '/dataInputSchema',
      /larger than 65536 characters/,
    ],
    [
      'a workspace that is no text',
      operation({ functionRef: 'f' }, { metadata: { workspace: 5 } }),
      '/metadata/workspace',
      /must be a text/,
    ],
    [
      'a workspace that is empty',
      operation({ functionRef: 'f' }, { metadata: { workspace: '' } }),
      '/metadata/workspace',
      /must be a text/,
    ],
    [
      'a name that no database keeps',
      operation({ functionRef: 'f' }, { name: 'a\0b' }),
      '/name',
      /must be a text/,
    ],
    [
      'a version of very many characters',
      operation({ functionRef: 'f' }, { version: '1'.repeat(256) }),
      '/version',
      /must be a text of 255 characters at most/,
    ],
    [
      'a reserved id',
      operation({ functionRef: 'f' }, { id: 'instances' }),
      '/id',
      /reserved/,
    ],
    [
      'an id with a slash',
      operation({ functionRef: 'f' }, { id: 'a/b' }),
      '/id',
      /must be an id/,
    ],
    [
      'a month',
      operation({ functionRef: 'f', sleep: { before: 'P1M' } }),
      '/states/A/actions/0/sleep/before',
      /not a duration/,
    ],
    [
      'no attempts',
      operation(
        { functionRef: 'f' },
        { retries: [{ name: 'r', maxAttempts: 0 }] },
      ),
      '/retries/0/maxAttempts',
      /from 1 to 1000/,
    ],
    [
      'jitter above 1',
      operation({ functionRef: 'f' }, { retries: [{ name: 'r', jitter: 2 }] }),
      '/retries/0/jitter',
      /from 0 to 1/,
    ],
    [
      'a host from an argument',
      operation(
        { functionRef: 'f' },
        {
          functions: [
            {
              name: 'f',
              type: 'custom',
              operation: 'rest:get:http://{host}/x',
            },
          ],
        },
      ),
      '/functions/0/operation',
      /address|host/,
    ],
    [
      'credentials in an address',
      operation(
        { functionRef: 'f' },
        {
          functions: [
            {
              name: 'f',
              type: 'custom',
              operation: 'rest:get:http://u:p@api.test/x',
            },
          ],
        },
      ),
      '/functions/0/operation',
      /credentials/,
    ],
    [
      'a file address',
      operation(
        { functionRef: 'f' },
        {
          functions: [
            {
              name: 'f',
              type: 'custom',
              operation: 'rest:get:file:///etc/passwd',
            },
          ],
        },
      ),
      '/functions/0/operation',
      /http or https/,
    ],
    [
      'a secret that is not configured',
      operation({ functionRef: 'f' }, { secrets: ['nope'] }),
      '/secrets/0',
      /no secret named "nope"/,
    ],
  ])('%s', async (_name, document, where, message) => {
    expect(await faultsOf(evaluator, document)).toContainEqual({
      path: where,
      message: expect.stringMatching(message),
    });
  });

  it('lists every fault at once', async () => {
    const faults = await faultsOf(
      evaluator,
      operation(
        { functionRef: 'nope', condition: '.a +' },
        { expressionLang: 'xpath' },
      ),
    );
    expect(faults.map(fault => fault.path).sort()).toEqual([
      '/expressionLang',
      '/states/A/actions/0/condition',
      '/states/A/actions/0/functionRef',
    ]);
  });
});

describe('secrets', () => {
  const fault = (where: string) => ({
    path: where,
    message: expect.stringMatching(/\$SECRET/),
  });
  const read = '$SECRET.token';

  it.each<[string, JsonObject, string]>([
    [
      'condition of an action',
      operation({ functionRef: 'f', condition: `${read} == "x"` }),
      '/states/A/actions/0/condition',
    ],
    [
      'fromStateData',
      operation({
        functionRef: 'get',
        actionDataFilter: { fromStateData: read },
      }),
      '/states/A/actions/0/actionDataFilter/fromStateData',
    ],
    [
      'results',
      operation({
        functionRef: 'get',
        actionDataFilter: { results: `{ a: ${read} }` },
      }),
      '/states/A/actions/0/actionDataFilter/results',
    ],
    [
      'toStateData',
      operation({
        functionRef: 'get',
        actionDataFilter: { toStateData: `.[${read}]` },
      }),
      '/states/A/actions/0/actionDataFilter/toStateData',
    ],
    [
      'message of sysout',
      operation({
        functionRef: {
          refName: 'log',
          arguments: { message: `"a" + ${read}` },
        },
      }),
      '/states/A/actions/0/functionRef/arguments/message',
    ],
    [
      'argument of an expression function',
      operation({ functionRef: { refName: 'f', arguments: { a: read } } }),
      '/states/A/actions/0/functionRef/arguments/a',
    ],
    [
      'input filter',
      operation({ functionRef: 'f' }, {}, { stateDataFilter: { input: read } }),
      '/states/A/stateDataFilter/input',
    ],
    [
      'output filter',
      operation(
        { functionRef: 'f' },
        {},
        { stateDataFilter: { output: `. + { a: ${read} }` } },
      ),
      '/states/A/stateDataFilter/output',
    ],
    [
      'error message',
      operation({ functionRef: 'f' }, {}, { metadata: { errorMessage: read } }),
      '/states/A/metadata/errorMessage',
    ],
    [
      'expression function',
      operation(
        { functionRef: 'f' },
        { functions: [{ name: 'f', type: 'expression', operation: read }] },
      ),
      '/functions/0/operation',
    ],
    [
      'switch',
      {
        id: 's',
        start: 'A',
        states: [
          {
            name: 'A',
            type: 'switch',
            dataConditions: [{ condition: `${read} == 1`, end: true }],
          },
        ],
      },
      '/states/A/dataConditions/0/condition',
    ],
  ])('are refused in: %s', async (_name, document, where) => {
    expect(await faultsOf(evaluator, document)).toContainEqual(fault(where));
  });

  const withArguments = (value: JsonValue, more: JsonObject = {}) =>
    operation({ functionRef: { refName: 'get', arguments: value } }, more);
  const where = '/states/A/actions/0/functionRef/arguments';

  it.each<[string, JsonValue]>([
    ['alone', { a: read }],
    ['alone, in brackets', { a: '$SECRET["token"]' }],
    ['in a sum of texts', { a: '"Bearer " + $SECRET.token + .suffix' }],
    ['in a text', { a: '"Bearer \\($SECRET.token)"' }],
    ['in a text within a text', { a: '"a \\("b \\($SECRET.token)" + .c)"' }],
    ['as a value of an object', '{ HEADER_X: ("a" + $SECRET.token), b: .b }'],
    ['as an item of an array', { a: '[.a, { b: [$SECRET.token] }]' }],
    ['in a sum of objects', '. + { HEADER_X: $SECRET.token }'],
    [
      'beside what is done to other values',
      { a: '(.a | ascii_downcase) + $SECRET.token' },
    ],
  ])('may stand %s', async (_name, value) => {
    expect(await faultsOf(evaluator, withArguments(value))).toEqual([]);
  });

  it.each<[string, string]>([
    ['$SECRET.token | ascii_downcase', 'a pipe'],
    ['[$SECRET.token | explode]', 'a pipe'],
    ['[$SECRET.token / ""]', 'the operator /'],
    ['ascii_downcase + $SECRET.token[1:]', 'a slice'],
    ['test($SECRET.token)', 'the function test'],
    ['$SECRET.token == "x"', 'the operator =='],
    ['if .a < $SECRET.token then 1 else 2 end', 'if'],
    ['{ ("k" + $SECRET.token): 1 }', 'the key of an object'],
    ['{ "k\\($SECRET.token)": 1 }', 'the key of an object'],
    ['@base64 "\\($SECRET.token)"', 'the format @base64'],
    ['"\\([$SECRET.token])"', 'an array in another place than a value'],
    ['$SECRET.token as $t | [$t]', 'a variable made from it'],
    ['reduce .[] as $x ($SECRET.token; . + $x)', 'reduce'],
    ['def f: $SECRET.token; f', 'the definition of a function'],
    ['.[$SECRET.token]', 'a key'],
    ['{ a: $SECRET.token }.a', 'a key'],
    ['$SECRET.token // 1', 'the operator //'],
    ['$SECRET.token?', 'try or ?'],
    ['.a = $SECRET.token', 'the operator ='],
    ['$SECRET', 'an expression that names no secret'],
    ['{ $SECRET }', 'an expression that names no secret'],
    ['[$SECRET[.name]]', 'an expression that names no secret'],
    ['$SECRET | to_entries', 'an expression that names no secret'],
  ])('are refused in %s', async (expression, misuse) => {
    const message = expect.stringContaining(
      `$SECRET is not supported in ${misuse}`,
    );
    expect(await faultsOf(evaluator, withArguments(expression))).toEqual([
      { path: where, message },
    ]);
    expect(
      await faultsOf(evaluator, withArguments({ a: [expression] })),
    ).toEqual([{ path: `${where}/a/0`, message }]);
  });

  it('are refused in an expression function that an argument names', async () => {
    expect(
      await faultsOf(
        evaluator,
        withArguments(
          { a: 'fn:low' },
          {
            functions: [
              {
                name: 'low',
                type: 'expression',
                operation: `${read} | explode`,
              },
              {
                name: 'get',
                type: 'custom',
                operation: 'rest:get:http://api.test/x',
              },
            ],
          },
        ),
      ),
    ).toEqual([
      {
        path: `${where}/a`,
        message: expect.stringContaining('$SECRET is not supported in a pipe'),
      },
    ]);
  });

  it('are read in the arguments of a call, and a missing one is a warning', async () => {
    const { warnings } = await compile(
      evaluator,
      operation({
        functionRef: {
          refName: 'get',
          arguments: { a: read, b: '$SECRET.other' },
        },
      }),
    );
    expect(warnings).toEqual([
      expect.stringMatching(/no secret named "other"/),
    ]);
  });
});

it('warns of what has no effect', async () => {
  const { warnings } = await compile(
    evaluator,
    operation(
      {
        functionRef: 'f',
        actionDataFilter: { toStateData: '.a[0]' },
        retrys: 1,
      },
      {
        specVersion: '0.7',
        errors: [{ name: 'j', code: 'jakarta.ws.rs.WebApplicationException' }],
        functions: [
          { name: 'f', type: 'expression', operation: '.a' },
          {
            name: 'far',
            type: 'custom',
            operation: 'rest:get:http://elsewhere.test/',
          },
        ],
      },
    ),
  );
  expect([...warnings].sort()).toEqual([
    expect.stringMatching(/errors\/0: no error has the class jakarta/),
    expect.stringMatching(
      /functions\/1\/operation: calls an address that .*egress/,
    ),
    expect.stringMatching(/toStateData: \.a\[0\] is not a path/),
    expect.stringMatching(/retrys: is not known/),
    expect.stringMatching(/specVersion "0.7" is read as 0.8/),
  ]);
});

it('puts the path of a function below its base address', async () => {
  const { definition } = await compile(
    evaluator,
    operation(
      { functionRef: 'based' },
      {
        functions: [
          { name: 'based', type: 'custom', operation: 'rest:post:/x/{id}' },
        ],
      },
    ),
  );
  expect(definition.states.get('A')).toMatchObject({
    actions: [
      {
        call: {
          kind: 'rest',
          method: 'POST',
          url: 'http://api.test/base/x/{id}',
        },
      },
    ],
  });
});
