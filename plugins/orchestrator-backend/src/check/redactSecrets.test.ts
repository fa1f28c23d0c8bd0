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

import { ConfigReader } from '@backstage/config';
import { redactSecrets } from './redactSecrets';

const config = new ConfigReader({
  backend: { auth: { externalAccess: [{ options: { token: 'hidden-1' } }] } },
  orchestrator: {
    kafka: { sasl: { password: 'hidden-1-and-more' } },
    engines: { embedded: { secrets: { api: { value: 'hidden-2' } } } },
    sonataflow: {
      forwardToken: { plugins: ['catalog'] },
      runtimes: { tls: { key: 'hidden-3' } },
    },
  },
});

describe('redactSecrets', () => {
  it('takes out what stands at the keys of secrets, the longest first', () => {
    expect(
      redactSecrets('hidden-1-and-more hidden-1 hidden-2 hidden-3', config),
    ).toBe('*** *** *** ***');
  });

  it('leaves what only stands near them', () => {
    expect(redactSecrets('the plugin catalog', config)).toBe(
      'the plugin catalog',
    );
  });

  it('takes out what a terminal would obey, and keeps the lines', () => {
    expect(redactSecrets('a\u001b[2Jb\nc\r', config)).toBe('a?[2Jb\nc?');
  });
});
