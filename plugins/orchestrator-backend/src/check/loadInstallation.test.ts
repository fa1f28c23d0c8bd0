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

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { check } from './__testUtils__/check';

describe('a configuration that cannot be read', () => {
  it('ends with 2 where it cannot tell', async () => {
    expect(await check(['--confg', 'rhdh.yaml'])).toMatchObject({
      code: 2,
      text: expect.stringContaining('orchestrator-check-config [--config'),
    });
    expect(await check(['--config', 'missing.yaml'])).toMatchObject({
      code: 2,
      text: expect.stringContaining('missing.yaml cannot be read'),
    });
    expect(
      await check(['--config', 'rhdh.yaml', '--rbac', 'missing.csv']),
    ).toEqual({ code: 2, text: 'missing.csv cannot be read: ENOENT' });
  });

  it.each([
    ['a: b: never-to-be-printed\n', 'it.yaml is no YAML: line 1, column 4'],
    [
      'backend:\n  token: *never-to-be-printed\n',
      'it.yaml cannot be read: it is no YAML, or no file',
    ],
    [
      'backend:\n  token: { $file: never-there }\n',
      'it.yaml cannot be read: what backend.token includes is missing, or is not what its name says',
    ],
  ])(
    'says of %j what is wrong, and quotes nothing of it',
    async (yaml, fault) => {
      const root = fs.mkdtempSync(path.join(os.tmpdir(), 'check-'));
      try {
        fs.writeFileSync(path.join(root, 'it.yaml'), yaml);
        expect(await check(['--config', 'it.yaml'], { folder: root })).toEqual({
          code: 2,
          text: fault,
        });
      } finally {
        fs.rmSync(root, { recursive: true });
      }
    },
  );

  it('says that a variable of the environment is wrong, and quotes nothing of it', async () => {
    const env = {
      APP_CONFIG_backend: 'never-to-be-printed',
      APP_CONFIG_backend_token: 'never-to-be-printed',
    };
    expect(await check(['--config', 'rhdh.yaml'], { env })).toEqual({
      code: 2,
      text: 'A variable APP_CONFIG_… of the environment is not valid',
    });
  });

  it('names the variables that are not set', async () => {
    const { text } = await check(['--config', 'rhdh.yaml'], { env: {} });
    expect(text).toContain(
      'BACKEND_SECRET, CATALOG_TOKEN, KAFKA_PASSWORD, LOKI_TOKEN, NIGHTLY_TOKEN, POSTGRES_PASSWORD.',
    );
  });
});
