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

import { startTestBackend } from '@backstage/backend-test-utils';
import { demoWeatherPlugin } from './plugin';

describe('demoWeatherPlugin', () => {
  let base: string;

  beforeAll(async () => {
    const { server } = await startTestBackend({
      features: [demoWeatherPlugin],
    });
    base = `http://localhost:${server.port()}/api/demo-weather`;
  });

  it('answers without a credential', async () => {
    const response = await fetch(`${base}/current?city=oslo`);
    expect(response.status).toBe(200);
    await expect(response.json()).resolves.toEqual({
      city: 'Oslo',
      celsius: -4,
    });
  });

  it('does not know other cities', async () => {
    const response = await fetch(`${base}/current?city=Atlantis`);
    expect(response.status).toBe(404);
  });

  it.each(['', '?city=Oslo&city=Berlin', `?city=${'x'.repeat(101)}`])(
    'refuses a bad question: %p',
    async query => {
      const response = await fetch(`${base}/current${query}`);
      expect(response.status).toBe(400);
    },
  );
});
