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

import { discoveryApiRef, useApi } from '@backstage/frontend-plugin-api';
import { useEffect, useState } from 'react';

/** One of the people to sign in as. */
export interface DemoPerson {
  readonly ref: string;
  readonly name: string;
  readonly about?: string;
}

const RETRY_MS = 2000;

/** The people to sign in as; asked for until the backend is up and its catalog knows them. */
export function useDemoPeople(): {
  people: readonly DemoPerson[];
  error?: string;
} {
  const discoveryApi = useApi(discoveryApiRef);
  const [people, setPeople] = useState<readonly DemoPerson[]>([]);
  const [error, setError] = useState<string>();

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let timer: ReturnType<typeof setTimeout>;

    const ask = async (): Promise<readonly DemoPerson[]> => {
      const baseUrl = await discoveryApi.getBaseUrl('auth');
      // The portal's own fetch waits for somebody to be signed in.
      const response = await fetch(`${baseUrl}/demo/people`, { signal });
      if (response.status === 404) {
        throw new Error(
          'The backend has no demo sign-in (auth.providers.demo).',
        );
      }
      if (!response.ok) {
        throw new Error(`The backend answered with ${response.status}.`);
      }
      return (await response.json()).people;
    };
    const askAgain = async () => {
      try {
        const known = await ask();
        if (signal.aborted) return;
        setError(undefined);
        setPeople(known);
        if (known.length > 0) return;
      } catch (caught) {
        if (signal.aborted) return;
        setError(
          caught instanceof TypeError
            ? 'The backend does not answer yet.'
            : (caught as Error).message,
        );
      }
      timer = setTimeout(askAgain, RETRY_MS);
    };
    askAgain();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [discoveryApi]);

  return { people, error };
}
