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
import type { Request } from 'express';
import { OrchestratorError } from '../errors/OrchestratorError';
import { readOperations } from '../gate/operations';
import { RequestShapes } from './requestShape';

const shapes = new RequestShapes(openApiDocument);
const createToken = readOperations(openApiDocument).find(
  ({ id }) => id === 'createToken',
)!;

/** What a body is refused with. */
function refusalOf(value: unknown): OrchestratorError | undefined {
  const req = { query: {}, headers: {} } as Request;
  const body = { value, mediaType: 'application/json' };
  try {
    shapes.check(createToken, req, body);
    return undefined;
  } catch (error) {
    if (error instanceof OrchestratorError) return error;
    throw error;
  }
}

describe('the shape of a request', () => {
  const token = { kind: 'personal', name: 'ci', scopes: ['workflows:read'] };

  it('may be as the document says', () => {
    expect(refusalOf(token)).toBeUndefined();
  });

  it('is refused with every fault', () => {
    const error = refusalOf({ ...token, name: '', kind: 'other', extra: 1 });
    expect(error).toMatchObject({ code: 'request.invalid' });
    expect(error!.details.faults!.map(({ path }) => path).sort()).toEqual([
      'body',
      'body/kind',
      'body/name',
      'body/name',
    ]);
  });

  it('is refused with some of them where there are half a million', () => {
    const error = refusalOf({ ...token, scopes: Array(500_000).fill(1) });
    expect(error).toMatchObject({ code: 'request.invalid' });
    expect(error!.details.faults).toHaveLength(50);
  });
});
