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

import { createMockDirectory } from '@backstage/backend-test-utils';
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { readFolders } from './FolderDefinitions';

describe('readFolders', () => {
  const folder = createMockDirectory();

  it('reads no pipe and no device, however they are named', async () => {
    folder.setContent({ 'good.sw.yaml': 'id: good' });
    // To read it to its end would never end.
    symlinkSync('/dev/zero', path.join(folder.path, 'endless.sw.yaml'));
    const { files, problems } = await readFolders(
      [{ folder: folder.path }],
      1_000,
    );
    expect(files.map(({ source }) => source)).toEqual(['id: good']);
    expect(problems).toEqual([
      {
        path: path.join(folder.path, 'endless.sw.yaml'),
        isFolder: false,
        reason: 'cannot be read: it is no file',
      },
    ]);
  });
});
