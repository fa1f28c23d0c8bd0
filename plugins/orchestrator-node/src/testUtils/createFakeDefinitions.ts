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

import { ConflictError, NotFoundError } from '@backstage/errors';
import type {
  EngineCall,
  EngineDefinition,
  EngineDefinitions,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { FakeOperation, FakeTroubles } from './FakeTroubles';
import { parseFakeDefinition } from './fakeDefinitions';
import type { FakeStorage } from './FakeStorage';

/** The part of a fake engine that keeps definitions which come over HTTP. */
export function createFakeDefinitions(
  storage: FakeStorage,
  troubles: FakeTroubles,
): EngineDefinitions {
  const { definitions } = storage;
  const around = <T>(
    operation: FakeOperation,
    call: EngineCall,
    work: () => T,
  ) => troubles.around(operation, call, work);
  const changeable = (id: string) => {
    const stored = definitions.get(id);
    if (!stored) throw new NotFoundError(`No definition ${id}`);
    if (stored.definition.origin !== 'http') {
      throw new ConflictError(`Definition ${id} comes from a folder`);
    }
  };
  const registered = ({ definition }: { definition: EngineDefinition }) => ({
    id: definition.id,
    version: definition.version ?? '',
    workspace: definition.workspace,
    warnings: [],
  });
  return {
    check: (source, call) =>
      around('check', call, () => registered(parseFakeDefinition(source))),
    create: (source, call) =>
      around('create', call, () => {
        const parsed = parseFakeDefinition(source);
        if (definitions.has(parsed.definition.id)) {
          throw new ConflictError('The id is taken');
        }
        definitions.set(parsed.definition.id, parsed);
        return registered(parsed);
      }),
    replace: (id, source, call) =>
      around('replace', call, () => {
        changeable(id);
        const parsed = parseFakeDefinition(source);
        definitions.set(id, parsed);
        return registered(parsed);
      }),
    delete: (id, call) =>
      around('delete', call, () => {
        changeable(id);
        definitions.delete(id);
      }),
  };
}
