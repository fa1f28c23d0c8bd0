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

import { OrchestratorRequestError } from '../api';
import { readFormFaults } from './readFormFaults';

const refused = (
  code: string,
  faults?: { path: string; message: string }[],
  status = 400,
) =>
  new OrchestratorRequestError(status, {
    error: { message: 'No', code, faults },
  });

const FIELDS = ['name', 'allowedCidrs'];

describe('readFormFaults', () => {
  it('puts each fault at its field, and those without one beside', () => {
    const { fields, rest } = readFormFaults(
      refused('request.invalid', [
        { path: 'body/name', message: 'must be shorter' },
        { path: 'body/allowedCidrs/0', message: 'must be a range' },
        { path: 'body/allowedCidrs/2', message: 'must be a range' },
        { path: 'body/allowedCidrs/3', message: 'is written twice' },
        { path: 'body/colour', message: 'is not known' },
        { path: 'query/name', message: 'must be one' },
      ]),
      FIELDS,
    );
    expect(fields).toEqual({
      name: 'Must be shorter',
      allowedCidrs: 'Must be a range; is written twice',
    });
    expect(rest).toMatchObject({
      status: 400,
      code: 'request.invalid',
      faults: [
        { path: 'body/colour', message: 'is not known' },
        { path: 'query/name', message: 'must be one' },
      ],
    });
  });

  it('leaves nothing over where every fault has a field', () => {
    const faults = readFormFaults(
      refused('request.invalid', [{ path: 'body/name', message: 'is bad' }]),
      FIELDS,
    );
    expect(faults).toEqual({ fields: { name: 'Is bad' } });
  });

  it('puts a known code at its field, where the form shows that', () => {
    const error = refused('token.conflict', undefined, 409);
    expect(readFormFaults(error, FIELDS, { 'token.conflict': 'name' })).toEqual(
      { fields: { name: 'No' } },
    );
    expect(
      readFormFaults(error, ['scopes', 'other'], { 'token.conflict': 'name' }),
    ).toEqual({ fields: {}, rest: error });
  });

  it('keeps every other error as it is', () => {
    const lost = new TypeError('Failed to fetch');
    expect(readFormFaults(lost, FIELDS)).toEqual({ fields: {}, rest: lost });
    const down = new OrchestratorRequestError(502, '<html>');
    expect(readFormFaults(down, FIELDS)).toEqual({ fields: {}, rest: down });
  });
});
