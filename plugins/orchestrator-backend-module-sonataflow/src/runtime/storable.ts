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

import { InputError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import type { InputFault } from '@flowgate/backstage-plugin-orchestrator-node';

/** No database of SonataFlow keeps these. A run with a NUL fails and leaves a row behind that nothing ever ends. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

const MAX_FAULTS = 100;

function pointerTo(path: string, key: string): string {
  return `${path}/${key.replace(/~/g, '~0').replace(/\//g, '~1')}`;
}

/**
 * Refuses data that SonataFlow cannot keep. Goes through it without recursion.
 *
 * @throws InputError that names each place
 */
export function checkStorable(data: JsonValue): void {
  const faults: InputFault[] = [];
  const fault = (path: string) => {
    const message = 'must not have NUL characters or broken surrogate pairs';
    faults.push({ path, message });
  };
  const left: { path: string; value: JsonValue | undefined }[] = [
    { path: '', value: data },
  ];
  while (left.length > 0 && faults.length < MAX_FAULTS) {
    const { path, value } = left.pop()!;
    if (typeof value === 'string') {
      if (UNSTORABLE.test(value)) fault(path);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        if (UNSTORABLE.test(key)) {
          // The key itself could not be shown.
          fault(path);
        } else {
          left.push({ path: pointerTo(path, key), value: item });
        }
      }
    }
  }
  if (faults.length > 0) {
    throw Object.assign(new InputError('The data cannot be kept'), { faults });
  }
}
