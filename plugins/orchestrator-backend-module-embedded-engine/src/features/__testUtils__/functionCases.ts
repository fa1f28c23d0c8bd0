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

import type { FeatureCase } from './FeatureCase';

/** The values of the secrets of the features. None of them is a part of another, or of anything that is not secret. */
export const featureSecrets = {
  token: 'tok-5f0c7e2b9d',
  user: 'usr-1c44d0aa3e',
  password: 'pwd-77b1e09c52',
  apiKey: 'key-e3a9917f60',
  clientId: 'cid-90be55d1f2',
  clientSecret: 'cse-2d6c8b07e4',
} as const;

/** What the stub gives for the client's secret. */
export const ACCESS_TOKEN = 'acc-b8f3560d1c';
/** What whoever starts a run gives along. */
export const PROVIDER_TOKEN = 'gho-4a7d92c6e1';

const basic = `Basic ${Buffer.from(
  `${featureSecrets.user}:${featureSecrets.password}`,
).toString('base64')}`;

const secured = (
  scheme: string,
  path: string,
  request: NonNullable<FeatureCase['expect']['requests']>[string],
): FeatureCase => ({
  name: `a function by OpenAPI with the security scheme ${scheme}`,
  definition: `openapi${scheme}`,
  input: {},
  expect: {
    state: 'COMPLETED',
    data: { got: { fine: true } },
    calls: { [`/with/${path}`]: 1 },
    requests: { [`/with/${path}`]: request },
  },
});

/** Functions, how they prove who they are, and the variables that their arguments see. */
export const functionCases: readonly FeatureCase[] = [
  {
    name: 'functions by OpenAPI: parameters of path, query, header and body',
    definition: 'openapi',
    input: { id: 'a b' },
    expect: {
      state: 'COMPLETED',
      data: { id: 'a b', got: { name: 'N' }, put: { put: 1 } },
      calls: { '/things/a%20b': 2 },
      requests: { '/things/a%20b': { headers: { 'x-trace': 't-a b' } } },
    },
  },
  secured('Bearer', 'bearer', {
    headers: { authorization: `Bearer ${featureSecrets.token}` },
  }),
  secured('Basic', 'basic', { headers: { authorization: basic } }),
  secured('KeyHeader', 'keyHeader', {
    headers: { 'x-api-key': featureSecrets.apiKey },
  }),
  secured('KeyQuery', 'keyQuery', {
    query: { api_key: featureSecrets.apiKey },
  }),
  secured('KeyCookie', 'keyCookie', {
    headers: { cookie: `session=${featureSecrets.apiKey}` },
  }),
  secured('OAuth', 'oAuth', {
    headers: { authorization: `Bearer ${ACCESS_TOKEN}` },
  }),
  {
    name: 'authRef to definitions of basic and bearer',
    definition: 'authRef',
    input: {},
    expect: {
      state: 'COMPLETED',
      data: { one: { one: 1 }, two: { two: 2 } },
      calls: { '/one': 1, '/two': 1 },
      requests: {
        '/one': { headers: { authorization: basic } },
        '/two': {
          headers: { authorization: `Bearer ${featureSecrets.token}` },
        },
      },
    },
  },
  {
    name: 'a token of whoever starts the run',
    definition: 'providerToken',
    input: {},
    tokens: { github: PROVIDER_TOKEN },
    expect: {
      state: 'COMPLETED',
      data: { one: { one: 1 } },
      calls: { '/one': 1 },
      requests: {
        '/one': { headers: { authorization: `Bearer ${PROVIDER_TOKEN}` } },
      },
    },
  },
  {
    name: '$WORKFLOW, $CONST, $SECRET and fn:',
    definition: 'variables',
    input: { a: 'x' },
    expect: {
      state: 'COMPLETED',
      data: {
        a: 'x',
        out: {
          workflow: ['variables', 'variables', '1.0', 'x'],
          greeting: 'hi 3',
          upper: 'X',
          text: 'plain words',
        },
      },
      calls: { '/echo': 1 },
      requests: { '/echo': { headers: { 'x-key': featureSecrets.token } } },
    },
  },
  {
    name: 'errors by status, class and message, an end on error, and a specific code before a general one',
    definition: 'onErrors',
    input: { a: 'it is broken on purpose' },
    expect: {
      state: 'COMPLETED',
      data: { a: 'it is broken on purpose', one: 1 },
      calls: { '/one': 1, '/teapot': 1, '/gone': 1 },
    },
  },
  {
    name: 'an error that nothing handles, and retrigger from the failed node',
    definition: 'uncaught',
    input: {},
    steps: [{ manage: 'retrigger', when: 'ERROR' }],
    expect: {
      state: 'COMPLETED',
      data: { one: 1, fine: true },
      calls: { '/one': 1, '/flaky': 2 },
    },
  },
  {
    name: 'metadata.errorMessage',
    definition: 'errorMessage',
    input: { who: 'bob' },
    expect: {
      state: 'ERROR',
      data: { who: 'bob', bad: true },
      error: /^refused for bob$/,
    },
  },
  {
    name: 'retries with all fields',
    definition: 'retries',
    input: {},
    expect: {
      state: 'COMPLETED',
      data: { fine: true },
      calls: { '/busy': 3 },
    },
  },
  {
    name: 'autoRetries, retryableErrors and nonRetryableErrors',
    definition: 'autoRetries',
    input: {},
    expect: {
      state: 'COMPLETED',
      data: { fine: true, caught: true },
      calls: { '/flaky': 2, '/gone': 1 },
    },
  },
  {
    name: 'dataInputSchema inline, whose faults do not refuse a start',
    definition: 'schemaInline',
    input: {},
    expect: { state: 'COMPLETED', data: { done: true } },
  },
  {
    name: 'dataInputSchema from a file',
    definition: 'schemaFile',
    input: { who: 'ann' },
    expect: { state: 'COMPLETED', data: { who: 'ann', done: true } },
  },
  {
    name: 'functions, errors, retries, events, constants, auth and timeouts from files',
    definition: 'files',
    input: {},
    steps: [{ signal: 'one', data: { n: 1 } }],
    expect: {
      state: 'COMPLETED',
      data: { fine: true, greeting: 'hi!', n: 1 },
      calls: { '/flaky': 2, '/teapot': 1 },
    },
  },
];
