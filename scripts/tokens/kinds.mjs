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

// What each kind of token is made as, who it is then, and what it may and may not do.
import { HELLO, PAY } from './workflows.mjs';

const start = workflowId => ['POST', `/workflows/${workflowId}/execute`];

/**
 * @typedef {object} Kind
 * @property {string} kind
 * @property {string} minter the person who makes it
 * @property {object} request the body that makes it, without kind and name
 * @property {string} code the part of its text that tells the kind
 * @property {(id: string) => string} ref who it is, and so the initiator of its runs
 * @property {string | undefined} owner
 * @property {string} workflowId what it may start
 * @property {[string, string, number, string][]} refused what it may not: method, route, status, code
 * @property {boolean} reads whether it may read its own runs
 * @property {string[]} sees the people whose own its runs are
 */

/** @type {Kind[]} */
export const KINDS = [
  {
    kind: 'service',
    minter: 'carol',
    request: {
      scopes: [
        'workflows:read',
        `workflows:execute:${HELLO}`,
        'instances:read',
      ],
    },
    code: 'svc',
    ref: id => `token:${id}`,
    owner: undefined,
    workflowId: HELLO,
    refused: [
      [...start(PAY), 403, 'auth.missing_scope'],
      ['GET', '/tokens', 403, 'auth.missing_scope'],
      ['GET', '/audit/events', 403, 'auth.missing_scope'],
    ],
    reads: true,
    sees: [],
  },
  {
    kind: 'personal',
    minter: 'alice',
    request: {
      scopes: ['workflows:read', 'workflows:execute', 'instances:read'],
    },
    code: 'pat',
    ref: () => 'user:default/alice',
    owner: 'user:default/alice',
    workflowId: HELLO,
    refused: [
      ['POST', '/tokens', 403, 'auth.missing_scope'],
      ['GET', '/audit/events', 403, 'auth.missing_scope'],
    ],
    reads: true,
    sees: ['alice'],
  },
  {
    kind: 'group',
    minter: 'bob',
    request: {
      owner: 'group:default/payments',
      scopes: ['workflows:read', 'workflows:execute', 'instances:read'],
      workspaces: ['payments'],
    },
    code: 'grp',
    ref: id => `token:${id}`,
    owner: 'group:default/payments',
    workflowId: PAY,
    refused: [
      [...start(HELLO), 404, 'workflow.not_found'],
      ['POST', '/tokens', 403, 'auth.missing_scope'],
    ],
    reads: true,
    sees: ['bob'],
  },
  {
    kind: 'trigger',
    minter: 'alice',
    request: { workflowId: HELLO },
    code: 'trg',
    ref: id => `token:${id}`,
    owner: 'user:default/alice',
    workflowId: HELLO,
    refused: [
      [...start(PAY), 403, 'auth.missing_scope'],
      ['POST', '/workflows/overview', 403, 'auth.missing_scope'],
      [
        'GET',
        '/workflows/instances/statuses',
        403,
        'auth.principal_not_allowed',
      ],
    ],
    reads: false,
    sees: ['alice'],
  },
];
