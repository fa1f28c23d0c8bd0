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

import { OrchestratorRequestError } from './OrchestratorRequestError';

describe('OrchestratorRequestError', () => {
  it('reads what the backend says', () => {
    const error = new OrchestratorRequestError(400, {
      error: {
        name: 'InputError',
        message: 'The input does not fit',
        code: 'request.invalid',
        faults: [{ path: 'body/inputData/city', message: 'must be string' }],
      },
    });
    expect(error.message).toBe('The input does not fit');
    expect(error.code).toBe('request.invalid');
    expect(error.faults).toEqual([
      { path: 'body/inputData/city', message: 'must be string' },
    ]);
    expect(error.requiredScopes).toEqual([]);
  });

  it.each([
    undefined,
    '',
    '<html>Bad gateway</html>',
    null,
    [],
    { error: 'x' },
  ])('takes the answer of whatever stands between: %p', body => {
    const error = new OrchestratorRequestError(502, body);
    expect(error.message).toBe('The orchestrator answered with status 502');
    expect(error.code).toBeUndefined();
    expect(error.faults).toEqual([]);
  });
});
