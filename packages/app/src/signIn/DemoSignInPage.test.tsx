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

import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { chosenPerson } from './chosenPerson';
import { DemoSignInPage } from './DemoSignInPage';

const AUTH = 'http://localhost:7007/api/auth';
const alice = {
  ref: 'user:default/alice',
  name: 'Alice Andersen',
  about: 'On the platform team',
};

/** A token whose claims can be read; nobody verifies it here. */
const token = `x.${btoa(JSON.stringify({ exp: 4_000_000_000 }))}.x`;
const session = {
  providerInfo: {},
  profile: { displayName: 'Alice Andersen' },
  backstageIdentity: {
    token,
    identity: {
      type: 'user',
      userEntityRef: 'user:default/alice',
      ownershipEntityRefs: ['user:default/alice'],
    },
  },
};

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json' },
  });

describe('DemoSignInPage', () => {
  const fetchMock = jest.fn<Promise<Response>, [string, RequestInit?]>();
  const realFetch = global.fetch;

  beforeEach(() => {
    fetchMock.mockReset();
    global.fetch = fetchMock as unknown as typeof fetch;
    chosenPerson.forget();
  });

  afterEach(() => {
    global.fetch = realFetch;
  });

  function answer(answers: {
    people: () => Response;
    refresh?: () => Response;
  }) {
    fetchMock.mockImplementation(async url =>
      url === `${AUTH}/demo/people` ? answers.people() : answers.refresh!(),
    );
  }

  it('lists the people and signs in as the one who is chosen', async () => {
    answer({
      people: () => json({ people: [alice] }),
      refresh: () => json(session),
    });
    const onSignInSuccess = jest.fn();
    renderInTestApp(<DemoSignInPage onSignInSuccess={onSignInSuccess} />);

    expect(await screen.findByText('On the platform team')).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('button', { name: 'Sign in as Alice Andersen' }),
    );
    await waitFor(() => expect(onSignInSuccess).toHaveBeenCalledTimes(1));

    const [url, init] = fetchMock.mock.lastCall!;
    expect(url).toBe(`${AUTH}/demo/refresh`);
    expect(new Headers(init?.headers).get('x-demo-person')).toBe(alice.ref);
    const [identity] = onSignInSuccess.mock.lastCall!;
    await expect(identity.getCredentials()).resolves.toEqual({ token });
    // A reload of the page stays signed in.
    expect(chosenPerson.get()).toBe(alice.ref);
  });

  it('asks again until the catalog knows the people', async () => {
    const people = jest
      .fn()
      .mockImplementationOnce(() => {
        throw new TypeError('Failed to fetch');
      })
      .mockImplementationOnce(() => json({ people: [] }))
      .mockImplementation(() => json({ people: [alice] }));
    answer({ people });
    renderInTestApp(<DemoSignInPage onSignInSuccess={jest.fn()} />);
    expect(
      await screen.findByText('The backend does not answer yet.'),
    ).toBeInTheDocument();
    expect(
      await screen.findByText(
        'The catalog is loading',
        {},
        { timeout: 10_000 },
      ),
    ).toBeInTheDocument();
    expect(
      await screen.findByText('Alice Andersen', {}, { timeout: 10_000 }),
    ).toBeInTheDocument();
  }, 30_000);

  it('says where the backend has no demo sign-in', async () => {
    answer({ people: () => json({}, 404) });
    renderInTestApp(<DemoSignInPage onSignInSuccess={jest.fn()} />);
    expect(
      await screen.findByText(/The backend has no demo sign-in/),
    ).toBeInTheDocument();
  });

  it('offers to choose somebody else where the sign-in fails', async () => {
    chosenPerson.set('user:default/gone');
    answer({
      people: () => json({ people: [alice] }),
      refresh: () => json({ error: { message: 'Unknown user' } }, 404),
    });
    renderInTestApp(<DemoSignInPage onSignInSuccess={jest.fn()} />);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Choose somebody else' }),
    );
    expect(await screen.findByText('Alice Andersen')).toBeInTheDocument();
    expect(chosenPerson.get()).toBeUndefined();
  });
});
