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

import path from 'node:path';

/**
 * A file or folder of this package, in its sources as in what is built of them.
 *
 * Backstage's own function for this looks from where Backstage is. As a part of a dynamic plugin this package is known to nothing
 * but itself.
 *
 * @param names - the way to it from the folder of the package
 */
export function packagePath(...names: string[]): string {
  return path.join(path.dirname(require.resolve('../package.json')), ...names);
}
