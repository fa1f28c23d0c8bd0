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

import { TestDatabases } from '@backstage/backend-test-utils';
import type { Access } from '../gate/Access';
import {
  admin,
  callerAccess,
  codeOf,
  createTokenFixture,
} from './__testUtils__/tokenFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const setup = async () => createTokenFixture(await databases.init('SQLITE_3'));

const alice = callerAccess();
const bob = callerAccess({ ref: 'user:default/bob' });

describe('renaming a token', () => {
  it('tells what a token is after a rename, and holds nothing of it back', async () => {
    const { renamer, reader, mint, revoker, missingOwners } = await setup();
    const { token } = await mint(alice);
    await mint(alice, { name: 'Other' });
    const rename = (access: Access, request: object) =>
      renamer.rename(access, token.id, request);
    expect(await codeOf(rename(bob, { name: 'Mine' }))).toBe('token.not_found');
    expect(await codeOf(rename(alice, { name: 'Other' }))).toBe(
      'token.conflict',
    );
    const renamed = await rename(alice, { name: 'New', description: 'It' });
    expect(renamed).toEqual({ ...token, name: 'New', description: 'It' });
    expect(await reader.get(alice, token.id)).toEqual(renamed);
    expect((await rename(admin, { description: '' })).name).toBe('New');
    missingOwners.mockRejectedValueOnce(new Error('down'));
    expect(await codeOf(rename(alice, { name: 'Lost' }))).not.toBe('ok');
    expect((await reader.get(alice, token.id)).name).toBe('New');
    await revoker.revoke(alice, token.id);
    expect(await codeOf(rename(alice, { name: 'Late' }))).toBe(
      'token.conflict',
    );
  });
});
