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

import { openApiDocument } from '@flowgate/backstage-plugin-orchestrator-common';
import type { RunState } from '@flowgate/backstage-plugin-orchestrator-node';
import type { FakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import request from 'supertest';
import type { TestPortal } from '../../__testUtils__/TestPortal';
import { readOperations, type Operation } from '../../gate/operations';
import type { MatrixPrincipal } from './principals';

/** The workflow that the operations of the matrix are tried on. */
export const WORKFLOW = 'matrix';

/** Every operation of the document. */
export const operations: readonly Operation[] = readOperations(openApiDocument);

/** Operations on a run, and the state that the run must be in for them to do something. */
const RUN_STATE: Readonly<Record<string, RunState>> = {
  getInstanceById: 'ACTIVE',
  getWorkflowLogById: 'ACTIVE',
  // A stream of a run that goes on would not end.
  streamInstanceEvents: 'COMPLETED',
  abortWorkflow: 'ACTIVE',
  signalInstance: 'ACTIVE',
  retriggerInstance: 'ERROR',
};

/** Bodies of operations that take more than an empty one. */
const BODIES: Readonly<Record<string, () => object>> = {
  signalInstance: () => ({ name: 'go', data: { by: 'matrix' } }),
  explain: () => ({ scope: 'workflows:read' }),
  createToken: () => ({
    kind: 'personal',
    name: nextName(),
    scopes: ['workflows:read'],
  }),
  updateToken: () => ({ description: 'changed' }),
  revokeAllTokens: () => ({ dryRun: true, reason: 'to see how many' }),
  introspectToken: () => ({ token: 'garbage' }),
  revokeTokenBySecret: () => ({ token: 'garbage' }),
};

/** Headers of operations that take more than others. */
const HEADERS: Readonly<Record<string, () => Record<string, string>>> = {
  receiveEvent: () => ({
    'ce-specversion': '1.0',
    'ce-id': nextName(),
    'ce-source': '/matrix',
    'ce-type': 'matrix.nobody.waits.for',
  }),
};

let counter = 0;

function nextName(): string {
  counter += 1;
  return `matrix-${counter}`;
}

/** A token of the owner's, for the operations on one. */
async function mintToken(
  portal: TestPortal,
  owner: MatrixPrincipal,
): Promise<string> {
  const { body } = await request(portal.server)
    .post('/api/orchestrator/v2/tokens')
    .set(owner.headers)
    .send(BODIES.createToken())
    .expect(201);
  return body.token.id;
}

async function startRun(
  portal: TestPortal,
  engine: FakeEngine,
  owner: MatrixPrincipal,
  state: RunState,
): Promise<string> {
  const { body } = await request(portal.server)
    .post(`/api/orchestrator/v2/workflows/${WORKFLOW}/execute`)
    .set(owner.headers)
    .send({ inputData: {} })
    .expect(200);
  if (state !== 'ACTIVE') {
    engine.advance(body.id, state);
  }
  return body.id;
}

/**
 * Makes a valid request for an operation and says how it was answered. Runs and definitions that the operation needs are made
 * before, so that no request depends on one before it.
 *
 * @param options - `isBroken`: the body is none that the operation could read
 */
export async function tryOperation(
  portal: TestPortal,
  engine: FakeEngine,
  operation: Operation,
  principal: MatrixPrincipal,
  owner: MatrixPrincipal,
  options: { isBroken?: boolean } = {},
): Promise<request.Response> {
  let path = operation.path;
  let workflowId = WORKFLOW;
  let body: object | undefined =
    BODIES[operation.id]?.() ?? (operation.body ? {} : undefined);
  if (path.includes('{tokenId}')) {
    path = path.replace('{tokenId}', await mintToken(portal, owner));
  }

  const runState = RUN_STATE[operation.id];
  if (runState) {
    const runId = await startRun(
      portal,
      engine,
      principal.owns ? principal : owner,
      runState,
    );
    path = path.replace('{instanceId}', runId);
  }
  if (operation.auditEvent?.startsWith('definition-')) {
    counter += 1;
    workflowId = `registered-${counter}`;
    body = operation.body && { id: workflowId };
    if (operation.id !== 'createWorkflow') {
      await engine.definitions!.create(
        { source: JSON.stringify({ id: workflowId }), format: 'json' },
        { caller: 'test' },
      );
    }
  }
  const call = request(portal.server)
    [operation.method.toLowerCase() as 'get' | 'post'](
      `/api/orchestrator${path.replace('{workflowId}', workflowId)}`,
    )
    .set(principal.headers)
    .set(HEADERS[operation.id]?.() ?? {});
  if (operation.body?.schemas.has('application/x-www-form-urlencoded')) {
    call.type('form');
  }
  if (options.isBroken) {
    return call.set('Content-Type', 'application/json').send('[');
  }
  return body ? call.send(body) : call;
}
