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

import { chosenPerson, forgettingOnSignOut } from './chosenPerson';

describe('forgettingOnSignOut', () => {
  it('is the same identity, which on sign-out forgets who was chosen', async () => {
    const identity = {
      getBackstageIdentity: jest.fn().mockResolvedValue('identity'),
      getCredentials: jest.fn().mockResolvedValue({ token: 'token' }),
      getProfileInfo: jest.fn().mockResolvedValue({ displayName: 'Alice' }),
      signOut: jest.fn().mockResolvedValue(undefined),
    };
    const forgetting = forgettingOnSignOut(identity);
    await expect(forgetting.getBackstageIdentity()).resolves.toBe('identity');
    await expect(forgetting.getCredentials()).resolves.toEqual({
      token: 'token',
    });
    await expect(forgetting.getProfileInfo()).resolves.toEqual({
      displayName: 'Alice',
    });

    chosenPerson.set('user:default/alice');
    await forgetting.signOut();
    expect(chosenPerson.get()).toBeUndefined();
    expect(identity.signOut).toHaveBeenCalledTimes(1);
  });
});
